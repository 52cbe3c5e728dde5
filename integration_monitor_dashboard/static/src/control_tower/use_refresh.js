import {onMounted, onWillUnmount, useExternalListener} from "@odoo/owl";

/**
 * Call `refresh` each `seconds` while the page is visible, and at once when it gets visible again.
 * The next call waits for the one before, so that a slow server is not pressed.
 *
 * @param {() => Promise<void>} refresh must not throw
 * @param {number} seconds
 */
export function useRefresh(refresh, seconds) {
    let timer = null;
    let alive = true;

    const stop = () => {
        clearTimeout(timer);
        timer = null;
    };
    const start = () => {
        stop();
        if (alive && document.visibilityState !== "hidden") {
            timer = setTimeout(tick, seconds * 1000);
        }
    };
    const tick = async () => {
        stop();
        await refresh();
        start();
    };

    onMounted(start);
    onWillUnmount(() => {
        alive = false;
        stop();
    });
    useExternalListener(document, "visibilitychange", () =>
        document.visibilityState === "hidden" ? stop() : tick()
    );
}
