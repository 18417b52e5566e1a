/** A mandate's terms: what is asked of everybody first, what few need folded. Blank fields have the market's defaults. */
import { Button, Card, Collapse, Flex, Form, Input, InputNumber, Select, Switch, Typography } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { api, got } from "../../api/client";
import type { Schemas } from "../../api/client";
import { Refused } from "../../shared/asked";
import { useDoing } from "../../shared/doing";
import { useMe } from "../../shared/session";
import { note } from "../../shared/notes";
import { useSettings } from "../../shared/settings";
import { FenInput, PercentInput } from "../../shared/typed_inputs";
import type { Mandate } from "./mandates";
import { funder as w } from "./words_funder";

type Terms = Schemas["MandateTerms"];
type Typed = Partial<Omit<Terms, "industry_share" | "grade_rates">> & { name?: string; each_industry?: number | null };

const GRADES = ["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C"];
const TECHNOLOGY = ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"];
const NUMBERS = ["budget_fen", "rate_ppm", "rate_per_grade_ppm", "rate_per_technology_ppm", "amount_low_fen", "amount_high_fen", "months_low", "months_high", "loan_to_value_ppm", "patents_least", "speed_days", "share_max_ppm", "covered_off_ppm", "value_least_ppm"] as const;
const LISTS = ["industries", "not_industries", "regions", "purposes", "collateral"] as const;

/** What stands posted, as the form has it. What the form has no field for is kept as it is. */
export function termsOf(row: Record<string, string>): Terms {
  const terms: Record<string, unknown> = {};
  for (const name of NUMBERS) if (row[name] !== undefined) terms[name] = Number(row[name]);
  for (const name of LISTS) terms[name] = row[name] ? row[name].split(";") : [];
  for (const name of ["green_only", "flexible"] as const) if (row[name] !== undefined) terms[name] = row[name] === "yes";
  for (const name of ["grade_floor", "technology_floor", "covered", "product"] as const) if (row[name] !== undefined) terms[name] = row[name];
  terms["industry_share"] = Object.fromEntries((row["industry_share"] ?? "").split(";").filter(Boolean).map((part) => {
    const at = part.lastIndexOf("=");
    return [part.slice(0, at), Math.round(Number(part.slice(at + 1).replace("%", "")) * 10_000)];
  }));
  terms["grade_rates"] = Object.fromEntries(Object.entries(row).filter(([name, cell]) => /^rate_[A-D]{1,3}$/.test(name) && Number.isFinite(Number(cell))).map(([name, cell]) => [name.slice(5), Math.round(Number(cell) * 1e6)]));
  return terms as Terms;
}

export function MandateForm({ old, close }: { old: Mandate | null; close: () => void }) {
  const { t } = useSettings();
  const { me } = useMe();
  const client = useQueryClient();
  const before = old === null ? null : termsOf(old.row ?? {});
  const [form] = Form.useForm<Typed>();
  const doing = useDoing();
  const save = (filled: Typed) =>
    doing.run(async () => {
      const { name, each_industry, ...typed } = filled;
      const share = { ...(before?.industry_share ?? {}) };
      if (each_industry == null) delete share["*"];
      else share["*"] = each_industry;
      const given = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined));
      const terms = { ...(before ?? {}), ...given, industry_share: share } as Terms;
      await (old === null
        ? got(api.POST("/api/v1/mandates", { body: { ...terms, name: name ?? "" } }))
        : got(api.PUT("/api/v1/mandates/{mandate}", { params: { path: { mandate: old.posting } }, body: terms })));
      void client.invalidateQueries({ queryKey: ["mandates"] });
      note(t(w.saved));
      close();
    });
  const needed = [{ required: true }];
  const pair = { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(200px, 1fr))", columnGap: 16 } as const;
  const tags = <Select mode="tags" tokenSeparators={[";", "、", "，", ","]} open={false} suffixIcon={null} />;
  return (
    <Card title={<Typography.Title level={2} style={{ fontSize: 16, margin: 0 }}>{old === null ? t(w.post) : `${t(w.change)} ${old.posting}`}</Typography.Title>}>
      <Form<Typed> form={form} layout="vertical" initialValues={{ ...(before ?? {}), each_industry: before?.industry_share?.["*"] ?? null }} style={{ maxWidth: 760 }} onFinish={(filled) => void save(filled)}>
        <Typography.Title level={3} style={{ fontSize: 15 }}>{t(w.basics)}</Typography.Title>
        {old === null ? (
          <Form.Item name="name" label={t(w.name, { funder: me?.funder ?? "" })} rules={[{ required: true, max: 40, pattern: /^[^\s:;>*/,"'=]+$/, message: t(w.nameWrong) }]}><Input maxLength={40} /></Form.Item>
        ) : null}
        <div style={pair}>
          <Form.Item name="budget_fen" label={t(w.budget)} extra={t(w.budgetHint)} rules={needed}><FenInput /></Form.Item>
          <Form.Item name="rate_ppm" label={t(w.rate)} rules={needed}><PercentInput /></Form.Item>
          <Form.Item name="rate_per_grade_ppm" label={t(w.perGrade)}><PercentInput /></Form.Item>
        </div>
        <Typography.Title level={3} style={{ fontSize: 15 }}>{t(w.whom)}</Typography.Title>
        <div style={pair}>
          <Form.Item name="grade_floor" label={t(w.gradeFloor)}><Select allowClear placeholder={t(w.anyGrade)} options={GRADES.map((each) => ({ value: each, label: each }))} /></Form.Item>
          <Form.Item name="technology_floor" label={t(w.technologyFloor)}><Select allowClear placeholder={t(w.anyGrade)} options={TECHNOLOGY.map((each) => ({ value: each, label: each }))} /></Form.Item>
          <Form.Item name="amount_low_fen" label={t(w.amountLow)}><FenInput /></Form.Item>
          <Form.Item name="amount_high_fen" label={t(w.amountHigh)}><FenInput /></Form.Item>
          <Form.Item name="months_low" label={t(w.monthsLow)}><InputNumber min={1} max={600} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="months_high" label={t(w.monthsHigh)}><InputNumber min={1} max={600} style={{ width: "100%" }} /></Form.Item>
        </div>
        <Collapse
          size="small"
          style={{ marginBottom: 16 }}
          items={[{
            key: "more",
            label: t(w.advanced),
            forceRender: true,
            children: (
              <div style={pair}>
                <Form.Item name="industries" label={t(w.industries)} extra={t(w.listHint)}>{tags}</Form.Item>
                <Form.Item name="not_industries" label={t(w.notIndustries)} extra={t(w.listHint)}>{tags}</Form.Item>
                <Form.Item name="regions" label={t(w.regions)} extra={t(w.listHint)}>{tags}</Form.Item>
                <Form.Item name="share_max_ppm" label={t(w.shareMax)}><PercentInput /></Form.Item>
                <Form.Item name="each_industry" label={t(w.eachIndustry)}><PercentInput /></Form.Item>
                <Form.Item name="rate_per_technology_ppm" label={t(w.perTechnology)}><PercentInput /></Form.Item>
                <Form.Item name="covered" label={t(w.covered)}>
                  <Select allowClear options={[{ value: "accept", label: t(w.coverAccept) }, { value: "need", label: t(w.coverNeed) }, { value: "no", label: t(w.coverNo) }]} />
                </Form.Item>
                <Form.Item name="covered_off_ppm" label={t(w.coveredOff)}><PercentInput /></Form.Item>
                <Form.Item name="patents_least" label={t(w.patents)}><InputNumber min={0} max={1_000_000} style={{ width: "100%" }} /></Form.Item>
                <Form.Item name="speed_days" label={t(w.speedDays)}><InputNumber min={0} max={366} style={{ width: "100%" }} /></Form.Item>
                <Form.Item name="value_least_ppm" label={t(w.valueLeast)} extra={t(w.valueHint)}><PercentInput min={-100} /></Form.Item>
                <Form.Item name="product" label={t(w.product)} extra={t(w.productHint)}><Input maxLength={64} /></Form.Item>
                <Form.Item name="green_only" label={t(w.greenOnly)} valuePropName="checked"><Switch /></Form.Item>
                <Form.Item name="flexible" label={t(w.flexible)} valuePropName="checked"><Switch /></Form.Item>
              </div>
            ),
          }]}
        />
        {doing.problem ? <Refused problem={doing.problem} /> : null}
        <Flex gap="small" style={{ marginTop: 16 }}>
          <Button type="primary" htmlType="submit" loading={doing.busy}>{t(old === null ? w.save : w.saveChange)}</Button>
          <Button onClick={close}>{t(w.cancel)}</Button>
        </Flex>
      </Form>
    </Card>
  );
}
