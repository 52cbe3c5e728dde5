import {describe, expect, test} from "@odoo/hoot";
import {click, queryAll, queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {Deferred, advanceTime, animationFrame, mockDate} from "@odoo/hoot-mock";
import {
    allowTranslations,
    defineModels,
    getService,
    models,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";

import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {WebClient} from "@web/webclient/webclient";
import {REFRESH_SECONDS} from "@integration_monitor_dashboard/control_tower/control_tower";
import {
    barWidths,
    errorRate,
    figureAction,
    formatAge,
    formatAgo,
} from "@integration_monitor_dashboard/control_tower/helpers";

const TAG = "integration_monitor_dashboard.control_tower";
const MODEL = "integration.transaction";

function figure(title, count, extra = {}) {
    return {title, count, model: MODEL, domain: [["name", "=", title]], ...extra};
}

function parts(late, stuck, risk, fine) {
    return ["missed", "stuck", "warning", "on_track"].map((status, index) =>
        figure(status, [late, stuck, risk, fine][index], {status, label: status})
    );
}

function answer(values = {}) {
    return {
        filters: {period: "day", warehouse_id: false},
        warehouses: [],
        currency_id: 1,
        several_currencies: false,
        updated_at: "2026-03-01 10:00:00",
        tiles: [figure("Late orders", 7, {code: "late", tone: "danger", icon: "fa-clock-o"})],
        funnels: [
            {
                root_model: "sale.order",
                name: "Order to Cash",
                stages: [
                    figure("Shipped", 5, {
                        code: "shipped",
                        icon: "fa-truck",
                        waiting_name: "shipment",
                        since: "2026-03-01 09:00:00",
                        parts: parts(2, 1, 0, 2),
                    }),
                ],
            },
        ],
        causes: [figure("Missing stock", 5, {cause: "stock", amount: 0, parts: parts(2, 1, 0, 2)})],
        exceptions: {
            columns: [{code: "hour", title: "Under 1 hour"}],
            rows: [],
            total: {name: "All", cells: [], all: figure("All", 0)},
            critical: figure("Critical", 0),
        },
        systems: {
            total: figure("Systems", 1),
            states: [],
            hidden: 0,
            rows: [
                {
                    id: 4,
                    name: "Carrier",
                    kind: "Carrier",
                    health: "down",
                    health_label: "Down",
                    reason: "Connection refused",
                    since: "2026-03-01 09:58:00",
                    last_success_at: "",
                    paused: [],
                    alerts: [],
                    maintenance: [],
                    failed: figure("failed", 0),
                },
            ],
        },
        traffic: {
            points: [],
            width: 3600,
            model: "integration.metric",
            domain: [],
            total: figure("Exchanges", 0),
            errors: figure("Failed", 0),
            refused: figure("Refused", 0),
        },
        connect: false,
        ...values,
    };
}

async function mountTower(getAnswer = answer) {
    onRpc("integration.dashboard", "get_control_tower", ({args}) => {
        expect.step(`load ${args[0].period}`);
        return getAnswer(args[0]);
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({type: "ir.actions.client", tag: TAG});
    await animationFrame();
}

class Dashboard extends models.Model {
    _name = "integration.dashboard";
}

describe.current.tags("desktop");
defineMailModels();
defineModels([Dashboard]);

test("parts of a bar stay visible and within the bar", () => {
    expect(barWidths([0, 0, 0], 0)).toEqual([0, 0, 0]);
    expect(barWidths([5, 0, 5], 20)).toEqual([25, 0, 25]);
    expect(barWidths([1, 0, 0], 1000)).toEqual([1.5, 0, 0]);
    const full = barWidths([1, 1, 998], 1000);
    expect(Math.round(full.reduce((sum, width) => sum + width))).toBe(100);
});

test("ages are told in the largest unit that fits", () => {
    allowTranslations();
    expect(String(formatAge(40))).toBe("40 s");
    expect(String(formatAge(61))).toBe("1 min");
    expect(String(formatAge(7200))).toBe("2 h");
    expect(String(formatAge(5 * 86400))).toBe("5 days");
    mockDate("2026-03-01 10:00:00");
    expect(String(formatAgo("2026-03-01 09:30:00"))).toBe("30 min ago");
    expect(formatAgo(false, "never")).toBe("never");
});

test("the share of errors", () => {
    expect(errorRate(0, 0)).toBe("–");
    expect(errorRate(0, 10)).toBe("0 %");
    expect(errorRate(1, 16)).toBe("6.3 %");
    expect(errorRate(10, 10)).toBe("100 %");
});

test("a figure leads to its records", () => {
    const action = figureAction(figure("Late orders", 7));
    expect(action.res_model).toBe(MODEL);
    expect(action.domain).toEqual([["name", "=", "Late orders"]]);
});

test("figures are shown, and a click opens their records", async () => {
    await mountTower();
    expect(".o_imd_tile_number").toHaveText("7");
    expect(".o_imd_stage_number").toHaveText("5");
    expect(queryAllTexts(".o_imd_cause .o_imd_badge")).toEqual(["2 late", "1 stuck"]);
    expect(queryAllTexts(".o_imd_stage .o_imd_badge")).toEqual(["2 late", "1 stuck"]);
    expect(".o_imd_dot").toHaveAttribute("aria-label", "Down");
    expect(".o_imd_reason").toHaveText("Connection refused");
    expect(".o_imd_system_note").toHaveText(/Down for \d+/);
    getService("action").doAction = (action) => expect.step(action.domain[0][2]);
    await click(".o_imd_tile_main");
    await animationFrame();
    expect.verifySteps(["load day", "Late orders"]);
});

test("the page refreshes by itself and keeps what it shows when the server is away", async () => {
    let count = 7;
    let away = false;
    await mountTower(() => {
        if (away) {
            throw new Error("no connection");
        }
        return answer({
            tiles: [figure("Late orders", count, {code: "late", tone: "danger", icon: "fa-x"})],
        });
    });
    expect.verifySteps(["load day"]);
    const tile = queryOne(".o_imd_tile");
    count = 8;
    await advanceTime(REFRESH_SECONDS * 1000);
    await animationFrame();
    expect(".o_imd_tile_number").toHaveText("8");
    expect(queryOne(".o_imd_tile")).toBe(tile, {message: "no flicker: the same element"});
    away = true;
    await advanceTime(REFRESH_SECONDS * 1000);
    await animationFrame();
    expect(".o_imd_tile_number").toHaveText("8");
    expect(".o_imd_fresh").toHaveClass("o_imd_bad");
    expect.verifySteps(["load day", "load day"]);
});

test("another period is asked for and remembered", async () => {
    await mountTower((filters) => answer({filters: {...filters}}));
    await click(".o_imd_filters button:contains(7 days)");
    await animationFrame();
    expect(".o_imd_filters button.active").toHaveText("7 days");
    expect.verifySteps(["load day", "load week"]);
});

test("an empty tower tells the first step", async () => {
    await mountTower(() => answer({connect: {action: "connect.wizard"}}));
    expect(".o_imd_welcome h2").toHaveText("No partner is connected yet");
    expect(".o_imd_welcome .btn-primary").toHaveText("Connect a partner");
    expect.verifySteps(["load day"]);
});

test("a slow answer does not overwrite a newer one", async () => {
    const slow = new Deferred();
    const tiles = (count) => [
        figure("Late orders", count, {code: "late", tone: "danger", icon: "fa-x"}),
    ];
    await mountTower(async (filters) => {
        if (filters.period === "hour") {
            await slow;
        }
        return answer({filters: {...filters}, tiles: tiles(filters.period === "hour" ? 1 : 2)});
    });
    await click(".o_imd_filters button:contains(Hour)");
    await click(".o_imd_filters button:contains(7 days)");
    await animationFrame();
    slow.resolve();
    await animationFrame();
    expect(".o_imd_tile_number").toHaveText("2");
    expect(".o_imd_filters button.active").toHaveText("7 days");
    expect.verifySteps(["load day", "load hour", "load week"]);
});

test("what is held does not hide among what is on its way", async () => {
    const held = figure("Held messages", 0, {code: "held", note: "held: need a person"});
    const tile = figure("Messages under way", 1, {code: "waiting", tone: "info", icon: "fa-x"});
    let count = 7;
    await mountTower(() => answer({tiles: [{...tile, more: {...held, count}}]}));
    expect(".o_imd_tile_number").toHaveText("1");
    expect(".o_imd_tile_more").toHaveText("7 held: need a person");
    getService("action").doAction = (action) => expect.step(action.domain[0][2]);
    await click(".o_imd_tile_more");
    await animationFrame();
    count = 0;
    await advanceTime(REFRESH_SECONDS * 1000);
    await animationFrame();
    expect(".o_imd_tile_more").toHaveCount(0);
    expect.verifySteps(["load day", "Held messages", "load day"]);
});

test("every figure is a button with a name", async () => {
    await mountTower();
    for (const element of queryAll(".o_imd_page .o_imd_figure")) {
        expect(element.tagName).toBe("BUTTON");
        expect(element.textContent.trim() || element.getAttribute("aria-label")).not.toBe("");
    }
    expect.verifySteps(["load day"]);
});
