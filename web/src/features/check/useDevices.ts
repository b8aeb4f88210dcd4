import { useEffect, useState } from "react";
import { listDevices, onLoudspeakersChanged } from "../../media/devices";

type Devices = Awaited<ReturnType<typeof listDevices>>;

const NONE: Devices = { videoinput: [], audioinput: [], audiooutput: [] };

/** Devices of this machine, read again when a cable is plugged or `token` changes (labels come with the first permission). */
export function useDevices(token: unknown): Devices {
  const [devices, setDevices] = useState(NONE);
  useEffect(() => {
    let here = true;
    const read = () => void listDevices().then((found) => here && setDevices(found));
    read();
    const stop = onLoudspeakersChanged(read);
    return () => {
      here = false;
      stop();
    };
  }, [token]);
  return devices;
}
