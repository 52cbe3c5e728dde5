import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitor_runbook", {
    steps: () => [
        {
            content: "The exception proposes a runbook",
            trigger: ".o_form_view [name=runbook_proposed]:contains(Tour runbook)",
        },
        {
            content: "Start it",
            trigger: ".o_form_view button[name=action_runbook_start]",
            run: "click",
        },
        {
            content: "The first step says what to do, and how to see that it is done",
            trigger:
                ".o_form_view [name=runbook_running]:contains(Stop sending):contains(It is paused)",
        },
        {
            content: "Let Odoo do it",
            trigger: ".o_form_view button[name=action_runbook_do]",
            run: "click",
        },
        {
            content: "The second step is a person's",
            trigger: ".o_form_view [name=runbook_running]:contains(Call them)",
        },
        {
            content: "There is nothing that Odoo could do",
            trigger: ".o_form_view:not(:has(button[name=action_runbook_do]))",
        },
        {
            content: "Write down what was said",
            trigger: ".o_form_view button[name=action_runbook_note]",
            run: "click",
        },
        {
            content: "They know",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit They know already",
        },
        {
            content: "Keep it",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "Sign it",
            trigger: "body:not(:has(.modal)) .o_form_view button[name=action_runbook_next]",
            run: "click",
        },
        {
            content: "The third step is not needed",
            trigger: ".o_form_view [name=runbook_running]:contains(Write a report)",
        },
        {
            content: "Skip it",
            trigger: ".o_form_view button[name=action_runbook_skip]",
            run: "click",
        },
        {
            content: "With a reason",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit It was short",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name=action_confirm]:visible",
            run: "click",
        },
        {
            content: "The run is over: open it",
            trigger:
                ".o_form_view:not(:has([name=runbook_running])) button[name=action_open_runbook_runs]",
            run: "click",
        },
        {
            content: "It tells who did what",
            trigger: ".o_form_view .o_data_row:contains(Write a report):contains(It was short)",
        },
    ],
});

registry.category("web_tour.tours").add("integration_monitor_sign_in", {
    steps: () => [
        {
            content: "The endpoint asks for what OAuth 2 needs",
            trigger: ".o_form_view .o_field_widget[name=oauth_token_url] input",
            run: "edit https://login.tour.example/token",
        },
        {
            content: "And for nothing else",
            trigger:
                ".o_form_view:not(:has(.o_field_widget[name=hmac_header])):not(:has(.o_field_widget[name=auth_header]))",
        },
        {
            content: "Enter the client",
            trigger: ".o_field_widget[name=credential_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Its id",
            trigger: ".modal .o_field_widget[name=login] input",
            run: "edit client-7",
        },
        {
            content: "Its secret",
            trigger: ".modal .o_field_widget[name=secret] input",
            run: "edit tour-secret-123456",
        },
        {
            content: "Keep it",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "Save",
            trigger: "body:not(:has(.modal)) .o_form_button_save",
            run: "click",
        },
        {
            content: "Saved",
            trigger: ".o_form_view .o_form_saved",
        },
    ],
});
