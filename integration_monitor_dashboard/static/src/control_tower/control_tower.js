import {Component, onMounted, onWillStart, onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

import {CauseList} from "./cause_list/cause_list";
import {ExceptionPanel} from "./exception_panel/exception_panel";
import {HealthPanel} from "./health_panel/health_panel";
import {formatAge} from "./helpers";
import {MilestoneFunnel} from "./milestone_funnel/milestone_funnel";
import {StatusTile} from "./status_tile/status_tile";
import {TrafficChart} from "./traffic_chart/traffic_chart";
import {useRefresh} from "./use_refresh";

export const REFRESH_SECONDS = 10;
const STORAGE_KEY = "integration_monitor_dashboard.filters";

/** The first page of the integration monitor: what waits, on whom, and what it is worth. */
export class ControlTower extends Component {
    static template = "integration_monitor_dashboard.ControlTower";
    static components = {
        CauseList,
        ExceptionPanel,
        HealthPanel,
        Layout,
        MilestoneFunnel,
        StatusTile,
        TrafficChart,
    };
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.display = {controlPanel: {}};
        this.state = useState({
            data: null,
            filters: this.storedFilters(),
            loading: false,
            failed: "",
            age: 0,
            receivedAt: 0,
        });
        onWillStart(() => this.load());
        useRefresh(() => this.refresh(), REFRESH_SECONDS);
        let clock;
        onMounted(() => {
            clock = setInterval(() => this.tick(), 1000);
        });
        onWillUnmount(() => clearInterval(clock));
    }

    /** The period and warehouse that this user chose last on this device. */
    storedFilters() {
        const standard = {period: "day", warehouse_id: false};
        try {
            return {...standard, ...JSON.parse(browser.localStorage.getItem(STORAGE_KEY))};
        } catch {
            return standard; // what is stored is not ours: begin anew
        }
    }

    async load() {
        const data = await this.keepLast.add(
            this.orm.silent.call("integration.dashboard", "get_control_tower", [
                {...this.state.filters},
            ])
        );
        this.state.data = data;
        this.state.failed = "";
        this.state.receivedAt = Date.now();
        this.tick();
    }

    /** Load again without ever closing the page: what was shown stays when the server is away. */
    async refresh() {
        this.state.loading = true;
        try {
            await this.load();
        } catch (error) {
            this.state.failed = error.data?.message || error.message || _t("Unknown error");
        } finally {
            this.state.loading = false;
        }
    }

    tick() {
        this.state.age = Math.round((Date.now() - this.state.receivedAt) / 1000);
    }

    setPeriod(period) {
        return this.setFilters({period});
    }

    setWarehouse(ev) {
        return this.setFilters({warehouse_id: parseInt(ev.target.value) || false});
    }

    setFilters(values) {
        Object.assign(this.state.filters, values);
        browser.localStorage.setItem(STORAGE_KEY, JSON.stringify(this.state.filters));
        return this.refresh();
    }

    connect() {
        return this.action.doAction(this.state.data.connect.action);
    }

    get periods() {
        return [
            {code: "hour", label: _t("Hour"), long: _t("in the last hour")},
            {code: "day", label: _t("24 hours"), long: _t("in the last 24 hours")},
            {code: "week", label: _t("7 days"), long: _t("in the last 7 days")},
        ];
    }

    get periodLabel() {
        return this.periods.find((period) => period.code === this.state.data.filters.period).long;
    }

    get freshness() {
        if (this.state.failed) {
            return _t("Not refreshed for %s", formatAge(this.state.age));
        }
        return this.state.age < 2
            ? _t("Updated just now")
            : _t("Updated %s ago", formatAge(this.state.age));
    }

    get refreshTitle() {
        return _t("Refresh now");
    }
}

registry.category("actions").add("integration_monitor_dashboard.control_tower", ControlTower);
