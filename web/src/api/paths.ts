// Addresses that the browser opens by itself: downloads and players.

export const minutesPdf = (session: string, visit: string) => `/api/v1/sessions/${session}/visits/${visit}/minutes.pdf`;
export const attendancePdf = (session: string) => `/api/v1/sessions/${session}/attendance.pdf`;
/** Answers byte ranges. */
export const recording = (session: string, segment: string) => `/api/v1/sessions/${session}/recordings/${segment}`;
export const storedFile = (file: string) => `/api/v1/files/${file}`;
