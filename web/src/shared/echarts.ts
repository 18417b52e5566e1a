/** The parts of ECharts that our charts use. */
import { BarChart, BoxplotChart, GraphChart, LineChart, PieChart, RadarChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, RadarComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart, BoxplotChart, GraphChart, LineChart, PieChart, RadarChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent,
  RadarComponent, TooltipComponent, CanvasRenderer,
]);

export { init };
