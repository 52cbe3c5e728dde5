import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitor_deadline", {
    steps: () => [
        {
            content: "What a cut-off is",
            trigger: ".o_view_nocontent:contains(Enter until when goods must be ready)",
        },
        {
            content: "Enter the first one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "On Saturdays, too",
            trigger: ".o_field_widget[name=saturday] input",
            run: "click",
        },
        {
            content: "It tells when that is",
            trigger:
                ".oe_title .o_field_widget[name=name]:contains(16:00 on Monday):contains(Saturday)",
        },
        {
            content: "Save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The processes",
            trigger: ".o_form_saved",
            run: () => {
                window.location = "/odoo/integration-processes";
            },
            expectUnloadPage: true,
        },
        {
            content: "Open the one in use",
            trigger: ".o_data_row:contains(Order to Cash) .o_data_cell",
            run: "click",
        },
        {
            content: "Its deadlines",
            trigger: ".o_notebook .nav-link:contains(Deadlines)",
            run: "click",
        },
        {
            content: "Let shipping follow the carrier",
            trigger: ".tab-pane.active .o_data_row:contains(Shipped) [name=deadline_source]",
            run: "click",
        },
        {
            content: "Half an hour before he comes",
            trigger: ".tab-pane.active .o_selected_row [name=deadline_offset] input",
            run: "edit -30",
        },
        {
            content: "Save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is told in words",
            trigger:
                ".tab-pane.active .o_data_row:contains(Shipped):contains(− 30 min):not(.o_selected_row)",
        },
    ],
});
