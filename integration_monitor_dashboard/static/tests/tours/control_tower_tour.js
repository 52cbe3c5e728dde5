import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitor_control_tower_retry", {
    steps: () => [
        {
            content: "The open exceptions are counted",
            trigger: ".o_imd_page .o_imd_panel_total:contains(1)",
            run: "click",
        },
        {
            content: "The figure leads to its card",
            trigger: ".o_kanban_renderer .o_kanban_record:contains(LAMP-7)",
            run: "click",
        },
        {
            content: "The exception says what happened",
            trigger: ".o_form_view:contains(LAMP-7)",
        },
        {
            content: "Try again",
            trigger: ".o_form_view button[name=action_retry]:not(:disabled)",
            run: "click",
        },
        {
            content: "It went through: the exception is resolved",
            trigger: ".o_form_view .o_arrow_button_current:contains(Resolved)",
        },
        {
            content: "Back to the tower",
            trigger:
                ".o_menu_sections [data-menu-xmlid='integration_monitor_dashboard.menu_control_tower']",
            run: "click",
        },
        {
            content: "Nothing is open any more",
            trigger: ".o_imd_page .o_imd_panel_total:contains(0)",
        },
    ],
});
