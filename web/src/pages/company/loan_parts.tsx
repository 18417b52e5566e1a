import { Tag } from "antd";
import { useSettings } from "../../shared/settings";
import type { Pair } from "../../words";
import { money } from "./words_money";

const STATUS: Record<string, Pair> = {
  agreed: money.status_agreed, active: money.status_active, settled: money.status_settled, written_off: money.status_written_off, renewed: money.status_renewed,
};

export function LoanStatus({ status }: { status: string }) {
  const { t } = useSettings();
  return <Tag color={status === "active" ? "processing" : status === "written_off" ? "red" : "default"}>{STATUS[status] ? t(STATUS[status]) : status}</Tag>;
}
