import {Component, onWillStart, onWillUnmount, useEffect, useRef} from "@odoo/owl";
import {loadBundle} from "@web/core/assets";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

import {Figure} from "../figure/figure";
import {errorRate, figureAction, pointLabel} from "../helpers";
import {Panel} from "../panel/panel";

const SERIES = [
    {key: "good", variable: "--o-imd-good"},
    {key: "refused", variable: "--o-imd-neutral"},
    {key: "errors", variable: "--o-imd-bad"},
];

/** Exchanges with partners over time, failed ones on top; a click on a bar shows its figures. */
export class TrafficChart extends Component {
    static template = "integration_monitor_dashboard.TrafficChart";
    static components = {Figure, Panel};
    static props = {traffic: Object, period: String, periodLabel: String};

    setup() {
        this.action = useService("action");
        this.canvas = useRef("canvas");
        this.chart = null;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.traffic]
        );
        onWillUnmount(() => this.chart && this.chart.destroy());
    }

    get rate() {
        const {errors, total} = this.props.traffic;
        return errorRate(errors.count, total.count);
    }

    get hasTraffic() {
        return Boolean(this.props.traffic.total.count);
    }

    /** The values of one series, over the points of the graph. */
    values(key) {
        return this.props.traffic.points.map((point) =>
            key === "good" ? point.total - point.errors - point.refused : point[key]
        );
    }

    get labels() {
        return this.props.traffic.points.map((point) => pointLabel(point.at, this.props.period));
    }

    /** Fill the graph, or make it: keeping it avoids flicker at each refresh. */
    draw() {
        if (!this.canvas.el) {
            this.chart?.destroy();
            this.chart = null;
            return;
        }
        if (!this.chart) {
            this.chart = new Chart(this.canvas.el, this.config());
            return;
        }
        this.chart.data.labels = this.labels;
        SERIES.forEach((series, index) => {
            this.chart.data.datasets[index].data = this.values(series.key);
        });
        this.chart.update("none");
    }

    config() {
        const style = getComputedStyle(this.canvas.el);
        const color = (name) => style.getPropertyValue(name).trim();
        const names = {good: _t("Succeeded"), refused: _t("Refused"), errors: _t("Failed")};
        return {
            type: "bar",
            data: {
                labels: this.labels,
                datasets: SERIES.map((series) => ({
                    label: names[series.key],
                    data: this.values(series.key),
                    backgroundColor: color(series.variable),
                    borderRadius: 2,
                    barPercentage: 0.9,
                    categoryPercentage: 0.9,
                    maxBarThickness: 18,
                })),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: {mode: "index", intersect: false},
                onClick: (_event, elements) => elements.length && this.openPoint(elements[0].index),
                onHover: (event, elements) => {
                    event.native.target.style.cursor = elements.length ? "pointer" : "";
                },
                plugins: {legend: {display: false}},
                scales: {
                    x: {
                        stacked: true,
                        grid: {display: false},
                        ticks: {color: color("--o-imd-muted"), maxTicksLimit: 7, maxRotation: 0},
                        border: {color: color("--o-imd-line")},
                    },
                    y: {
                        stacked: true,
                        beginAtZero: true,
                        grid: {color: color("--o-imd-line")},
                        ticks: {color: color("--o-imd-muted"), precision: 0, maxTicksLimit: 5},
                        border: {display: false},
                    },
                },
            },
        };
    }

    openPoint(index) {
        const point = this.props.traffic.points[index];
        return this.action.doAction(
            figureAction({
                model: this.props.traffic.model,
                domain: [...this.props.traffic.domain, ["bucket", "=", point.at]],
                title: _t("Traffic at %s", pointLabel(point.at, this.props.period)),
            })
        );
    }
}
