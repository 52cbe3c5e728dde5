import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitor_exception_by_hand", {
    steps: () => [
        {
            content: "A person has seen what no message told",
            trigger: ".o_control_panel button:contains(New)",
            run: "click",
        },
        {
            content: "What happened",
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Two parcels came",
        },
        {
            content: "Who told it",
            trigger: ".modal .o_field_widget[name=text] textarea",
            run: "edit The customer called",
        },
        {
            content: "Open it",
            trigger: ".modal button[name=action_open]",
            run: "click",
        },
        {
            content: "It is like any other, and names who opened it",
            trigger: ".o_form_view .o_field_widget[name=opened_by_id]:contains(im_by_hand)",
        },
        {
            content: "Close it",
            trigger: ".o_form_view button[name=action_resolve]",
            run: "click",
        },
        {
            content: "A person closed it",
            trigger: ".o_form_view .o_arrow_button_current:contains(Resolved)",
        },
    ],
});
