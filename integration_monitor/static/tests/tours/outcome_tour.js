import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitor_outcome", {
    steps: () => [
        {
            content: "The curve of the cycle time",
            trigger: ".o_graph_view .o_graph_canvas_container canvas",
        },
        {
            content: "Break it down",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "Two orders, 24 h and 48 h: 36 h on average",
            trigger: ".o_pivot_view td.o_pivot_cell_value:contains(/^36 h$/)",
        },
        {
            content: "One by one",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "The rows tell of orders only",
            trigger:
                ".o_list_view:has(th[data-name=cycle_hours]):not(:has(th[data-name=ship_promised_count])) td:contains(48:00)",
        },
    ],
});
