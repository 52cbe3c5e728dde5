import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const SCREEN = ".o_form_view.o_integration_transaction";

tours.add("integration_monitor_screen_warehouse", {
    steps: () => [
        {
            content: "The headline says what it waits for",
            trigger: ".o_integration_banner:contains(waits for):contains(Nordlager WMS)",
        },
        {
            content: "Nothing technical",
            trigger: `body:not(:has(.o_form_view:contains(HTTP))) ${SCREEN}:not(:has([name=action_open_technical]))`,
        },
        {
            content: "Whom to ask, with a number to call",
            trigger: ".o_what_now_people:contains(Operator Screen):has(a[href^='tel:'])",
        },
        {
            content: "No button that he may not press",
            trigger: `${SCREEN}:not(:has(button[name=action_retry_problem])):not(:has(button[name=action_run_runbook]))`,
        },
        {
            content: "Steps that nobody needs are hidden",
            trigger: ".o_milestone_timeline:not(:contains(Packed))",
        },
        {
            content: "Show them",
            trigger: ".o_milestone_toggle",
            run: "click",
        },
        {
            content: "There it is",
            trigger: ".o_milestone_timeline:contains(Packed)",
        },
        {
            content: "Open the transfer",
            trigger:
                "[name=document_ids] .o_data_row:contains(/OUT/) button[name=action_open_document]",
            run: "click",
        },
        {
            content: "It tells the same",
            trigger:
                ".o_form_view .o_field_widget[name=integration_banner]:contains(Nordlager WMS)",
        },
    ],
});

tours.add("integration_monitor_screen_operator", {
    steps: () => [
        {
            content: "Retry from what now",
            trigger: `${SCREEN} button[name=action_retry_problem]`,
            run: "click",
        },
        {
            content: "It is tried again",
            trigger: `${SCREEN}:not(:has(button[name=action_retry_problem]:visible))`,
        },
        {
            content: "The messages tell so",
            trigger: ".o_notebook .nav-link[name=messages]",
            run: "click",
        },
        {
            content: "Waiting to retry",
            trigger: "[name=message_ids] .o_data_row:contains(Waiting to retry)",
        },
        {
            content: "The technical view is one click away",
            trigger: `${SCREEN} button[name=action_open_technical]`,
            run: "click",
        },
        {
            content: "With ids",
            trigger: ".o_form_view .o_field_widget[name=correlation_id]",
        },
    ],
});

tours.add("integration_monitor_screen_runbook", {
    steps: () => [
        {
            content: "The steps are there",
            trigger: ".o_what_now_runbook:contains(Call the warehouse):contains(Send again)",
        },
        {
            content: "Begin",
            trigger: `${SCREEN} button[name=action_run_runbook]`,
            run: "click",
        },
        {
            content: "The exception shows the first step",
            trigger: ".o_form_view [name=runbook_running]:contains(Call the warehouse)",
        },
        {
            content: "Back to the order",
            trigger: ".breadcrumb-item a:contains(/^S\\d/), .o_back_button:contains(/^S\\d/)",
            run: "click",
        },
        {
            content: "Which step it is",
            trigger: ".o_what_now_runbook:contains(0 of 2)",
        },
        {
            content: "Go on",
            trigger: `${SCREEN} button[name=action_run_runbook]:contains(Go On)`,
        },
    ],
});

tours.add("integration_monitor_screen_phone", {
    steps: () => [
        {
            content: "The headline fits",
            trigger: ".o_integration_banner:contains(waits for)",
        },
        {
            content: "Nothing scrolls sideways",
            trigger: ".o_milestone_timeline",
            run() {
                const sheet = document.querySelector(".o_form_view .o_form_sheet_bg");
                if (sheet.scrollWidth > document.documentElement.clientWidth) {
                    throw new Error(`The sheet is ${sheet.scrollWidth} pixels wide`);
                }
            },
        },
        {
            content: "Documents are cards; open the transfer",
            trigger:
                "[name=document_ids] .o_kanban_record:contains(/OUT/) button[name=action_open_document]",
            run: "click",
        },
        {
            content: "It tells the same",
            trigger: ".o_form_view .o_field_widget[name=integration_banner]:contains(waits for)",
        },
    ],
});

tours.add("integration_monitor_screen_phone_steps", {
    steps: () => [
        {
            content: "The first steps are one line",
            trigger:
                ".o_milestone_timeline:not(:contains(Received)):has(.o_milestone_fold:contains(steps done))",
        },
        {
            content: "What is awaited is there",
            trigger: ".o_milestone_awaited:contains(Waiting)",
        },
        {
            content: "Show them",
            trigger: ".o_milestone_fold",
            run: "click",
        },
        {
            content: "There they are, in one column",
            trigger: ".o_milestone_timeline:contains(Received):not(:has(.o_milestone_fold))",
            run() {
                const dots = [...document.querySelectorAll(".o_milestone_dot")];
                const places = new Set(dots.map((dot) => dot.getBoundingClientRect().left));
                if (places.size !== 1) {
                    throw new Error("The steps do not stand below each other");
                }
            },
        },
    ],
});

tours.add("integration_monitor_screen_rows", {
    steps: () => [
        {
            content: "Every step",
            trigger: ".o_milestone_toggle",
            run: "click",
        },
        {
            content: "Two rows hold them, and nothing is folded or cut off",
            trigger: ".o_milestone_timeline:contains(Received):contains(Packed)",
            run() {
                const timeline = document.querySelector(".o_milestone_timeline");
                const dots = [...timeline.querySelectorAll(".o_milestone_dot")];
                const rows = new Set(
                    dots.map((dot) => Math.round(dot.getBoundingClientRect().top))
                );
                if (dots.length < 11 || rows.size !== 2) {
                    throw new Error(`${dots.length} steps stand in ${rows.size} rows`);
                }
                if (timeline.scrollWidth > timeline.clientWidth) {
                    throw new Error("The steps are cut off at the right");
                }
            },
        },
    ],
});
