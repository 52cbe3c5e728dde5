const DAY = 86400000;
const HOUR = 3600000;

/**
 * Say when something comes or came: 'in 6 days', '3 minutes ago'.
 *
 * Rounded as the server rounds deadlines: what comes in 5 days and 23 hours comes in 6 days.
 *
 * @param {luxon.DateTime} moment
 * @returns {String}
 */
export function relativeTime(moment) {
    const distance = moment - luxon.DateTime.now();
    let padding = 0;
    if (distance >= 2 * DAY) {
        padding = DAY / 2;
    } else if (distance >= 1.5 * HOUR) {
        padding = HOUR / 2;
    } else if (distance > 0) {
        padding = 30000;
    }
    return moment.toRelative({padding});
}
