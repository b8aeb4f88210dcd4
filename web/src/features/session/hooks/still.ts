/** One full picture of a running camera as JPEG; `null` when it gives none within two seconds. */
export async function stillOf(track: MediaStreamTrack): Promise<Blob | null> {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  try {
    await video.play();
    if (!(await hasPicture(video))) return null;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  } finally {
    video.srcObject = null;
  }
}

async function hasPicture(video: HTMLVideoElement): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    if (video.videoWidth > 0 && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
