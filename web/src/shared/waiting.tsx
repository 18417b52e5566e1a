import { Skeleton } from "antd";

export function Waiting() {
  return <Skeleton active style={{ padding: 24 }} />;
}
