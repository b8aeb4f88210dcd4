//! All integration tests in one binary.

mod authz_matrix;
