import type { DeviceChoice } from "../../media/devices";

export interface PartProps {
  choice: DeviceChoice;
  onChoose: (part: Partial<DeviceChoice>) => void;
  /** Grows with each "try again". */
  round: number;
  onRetry: () => void;
  /** Tells the page whether this part has passed. */
  onResult?: (passed: boolean) => void;
}
