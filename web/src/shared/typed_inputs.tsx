/** Fields for amounts and rates as people write them; what is kept is whole fen and ppm. */
import { Input, InputNumber } from "antd";
import { useState } from "react";
import { amount, typedFen } from "./figures";
import { useSettings } from "./settings";

type Field<T> = { id?: string; value?: T | null; onChange?: (value: T | null) => void; disabled?: boolean };

/** 200万, 1.5亿, 3,000,000: what can't be read is marked and is no value. */
export function FenInput({ id, value, onChange, disabled }: Field<number>) {
  const { lang } = useSettings();
  const [text, setText] = useState(() => (value == null ? "" : amount(value, lang).replaceAll(",", "")));
  const wrong = text.trim() !== "" && typedFen(text) === null;
  return (
    <Input
      {...(id ? { id } : {})}
      value={text}
      disabled={disabled ?? false}
      inputMode="text"
      status={wrong ? "error" : ""}
      aria-invalid={wrong}
      onChange={(event) => {
        setText(event.target.value);
        onChange?.(event.target.value.trim() === "" ? null : typedFen(event.target.value));
      }}
    />
  );
}

/** Per cent, kept as ppm. */
export function PercentInput({ id, value, onChange, disabled, min = 0, max = 100 }: Field<number> & { min?: number; max?: number }) {
  return (
    <InputNumber
      {...(id ? { id } : {})}
      min={min}
      max={max}
      step={0.1}
      precision={4}
      suffix="%"
      disabled={disabled ?? false}
      style={{ width: "100%" }}
      formatter={(shown) => (shown === undefined || shown === null || String(shown) === "" ? "" : String(Number(shown)))}
      value={value == null ? null : value / 10_000}
      onChange={(shown) => onChange?.(shown == null ? null : Math.round(Number(shown) * 10_000))}
    />
  );
}
