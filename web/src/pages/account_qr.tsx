/** Comes when a code is to be shown, and not before. */
import { QRCode } from "antd";

export default function Qr({ value }: { value: string }) {
  return <QRCode value={value} size={200} type="svg" color="#000000" bgColor="#ffffff" />;
}
