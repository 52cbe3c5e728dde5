-- A copy of the database must not talk to partners, nor know their secrets.

-- every switch off
UPDATE integration_endpoint
   SET state = 'paused',
       pause_reason = 'Copy of a database',
       base_url = 'https://neutralized.invalid',
       oauth_token_url = 'https://neutralized.invalid/token',
       allowed_networks = NULL,
       host_patterns = NULL;
UPDATE integration_flow
   SET state = 'paused',
       pause_reason = 'Copy of a database';
UPDATE integration_subscription
   SET state = 'paused',
       pause_reason = 'Copy of a database';

-- another environment than any that was released
UPDATE integration_system
   SET environment = 'test';

-- secrets gone
UPDATE integration_credential
   SET secret_encrypted = NULL,
       login = NULL,
       fingerprint = NULL,
       state = 'retired';

DELETE FROM integration_credential_token;

-- what waits stays where it is, for people to look at
UPDATE integration_message
   SET held = TRUE,
       hold_reason = 'neutralized'
 WHERE state IN ('pending', 'retry');
UPDATE integration_message
   SET state = 'retry',
       held = TRUE,
       hold_reason = 'neutralized'
 WHERE state = 'processing';

-- nothing that was decided for the original is replayed from a copy
UPDATE integration_replay
   SET state = 'cancelled',
       next_slice_at = NULL
 WHERE state IN ('draft', 'approval', 'running');
UPDATE integration_replay_line
   SET state = 'cancelled'
 WHERE state = 'planned';

-- no job of ours starts, nor is enqueued again
DELETE FROM integration_errand;
UPDATE queue_job
   SET state = 'cancelled'
 WHERE state IN ('pending', 'enqueued', 'wait_dependencies')
   AND (channel = 'root.integration' OR model_name LIKE 'integration.%');

-- nobody gets mail about a copy
UPDATE ir_cron
   SET active = FALSE
 WHERE id IN (SELECT res_id FROM ir_model_data
               WHERE module = 'integration_monitor' AND model = 'ir.cron'
                 AND name = 'ir_cron_digest');
