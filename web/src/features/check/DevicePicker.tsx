import { useTranslation } from "react-i18next";
import { Select } from "../../primitives/Select";

const DEFAULT = "default-device";

interface Props {
  label: string;
  devices: readonly MediaDeviceInfo[];
  value: string | null;
  onChange: (value: string | null) => void;
  /** Offers the drawn picture and made sound. */
  sample?: boolean;
  /** Name of the choice "no particular device". */
  none?: string;
}

export function DevicePicker({ label, devices, value, onChange, sample = false, none }: Props) {
  const { t } = useTranslation("device");
  const known = devices.filter(({ deviceId }) => deviceId !== "default");
  const options = [
    { value: DEFAULT, label: none ?? t("default") },
    ...known.map((device, index) => ({ value: device.deviceId, label: device.label || `${label} ${index + 1}` })),
    ...(sample ? [{ value: "sample", label: t("sample") }] : []),
  ];
  const chosen = options.some((option) => option.value === value) ? value : DEFAULT;
  return (
    <Select
      label={label}
      options={options}
      value={chosen}
      onChange={(next) => onChange(next === DEFAULT ? null : next)}
    />
  );
}
