//! Full disks and lost servers: what was refused left nothing, and the next write works.
