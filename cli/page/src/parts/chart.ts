// A line over time, by uPlot; what it shows is there in words too.

import uPlot from "uplot";
import { h } from "../dom.ts";

export interface Chart {
  element: HTMLElement;
  show(points: [number, number][]): void;
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A chart that is as wide as its place and redraws itself when the theme changes. */
export function chart(label: string, height: number, until: AbortSignal, isStepped = false): Chart {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const element = h("div", { class: "chart", role: "img", "aria-label": label });
  let points: [number, number][] = [];
  let plot: uPlot | null = null;

  const draw = (): void => {
    plot?.destroy();
    plot = null;
    if (element.clientWidth === 0 || points.length === 0) return;
    const line = colour("--accent");
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 1)] } },
        axes: [axis, { ...axis, size: 56, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5] }],
        series: [{}, { stroke: line, fill: `${line}22`, width: 2, ...(isStepped && stepped ? { paths: stepped } : {}), points: { show: points.length < 30 } }],
      },
      data(),
      element,
    );
  };
  const data = (): uPlot.AlignedData => [points.map(([time]) => time), points.map(([, value]) => value)];

  const resize = new ResizeObserver(() => {
    if (plot && plot.width === element.clientWidth) return;
    draw();
  });
  resize.observe(element);
  document.addEventListener("themechange", draw, { signal: until });
  until.addEventListener("abort", () => {
    resize.disconnect();
    plot?.destroy();
  });

  return {
    element,
    show(next) {
      points = next;
      const last = next.at(-1);
      element.setAttribute("aria-label", last ? `${label}: now ${last[1].toLocaleString("en")}` : `${label}: nothing yet`);
      element.classList.toggle("drawn", points.length > 0);
      if (plot) plot.setData(data());
      else draw();
    },
  };
}
