"""The block types that Sim has had. Another one is kept as it is, and named as a problem.

It follows the keys of Sim's own registry, over its whole history: `BLOCK_REGISTRY` in
`apps/sim/blocks/registry-maps.ts` (2026), `registry` in `apps/sim/blocks/registry.ts` and
`sim/blocks/registry.ts` (2025), types that only a branch of it had, and the containers `loop` and
`parallel`, which no registry names.
"""

from __future__ import annotations

import re

_TYPES = frozenset(
    """
    a2a adanos affinity agent agent_guild agentmail agentphone agiloft ahrefs airtable airweave
    algolia amplitude anymailfinder api api_trigger apify apollo appconfig arena arxiv asana
    ashby athena attio autoblocks azure_data_explorer azure_devops bitbucket bocha box
    brandfetch brex brightdata browser_use buffer calcom calendly cbinsights chat_trigger checkr
    circleback clay clerk clickhouse clickup clockify cloudflare cloudformation cloudtrail
    cloudwatch coda codepipeline codex condition confluence context_dev convex credential
    credential_group crowdstrike crunchbase cursor dagster databricks datadog datagma daytona
    deployments devin discord docusign downdetector dropbox dropcontact dspy dub duckduckgo
    dynamodb dynatrace elasticsearch elevenlabs emailbison embeddings enrich enrichment enrow
    evaluator evernote exa extend fathom ffmpeg file findymail firecrawl fireflies flint forager
    function gamma generic_webhook github gitlab gmail gong google_ads google_appsheet
    google_bigquery google_books google_calendar google_contacts google_docs google_drive
    google_forms google_groups google_maps google_meet google_pagespeed google_search
    google_sheets google_slides google_tasks google_translate google_vault grafana grain granola
    greenhouse greptile guardrails gusto harmonic hex hubspot huggingface human_in_the_loop
    hunter iam icypeas identity_center image_generator imap incidentio infisical input_trigger
    insforge instagram instantly intercom intune jina jira jira_service_management jotform
    jupyter kalshi ketch kitt knowledge lambda langsmith latex launchdarkly leadmagic lemlist
    linear linkedin linkup linq logfire logrocket logs loop loops luma mailchimp mailgun
    managed_agent managed_agent_self_hosted manageengine_sdp manual_trigger mcp mem0 memory
    microsoft_ad microsoft_dataverse microsoft_dynamics_365 microsoft_excel microsoft_planner
    microsoft_teams microsoft_word millionverifier mintlify mistral_parse modal monday mongodb
    mothership mssql mysql neo4j netsuite neverbounce new_relic note notion obsidian oci_devops
    oci_functions okta onedrive onepassword openai oracle_fusion_project_management
    oracle_fusion_risk_management oracle_fusion_service oracle_fusion_subscription_management
    oracledb otter outlook pagerduty parallel parallel_ai pause_resume peopledatalabs perplexity
    persona photon_imessage pi pinecone pipedrive pitchbook plane planetscale polymarket
    postgresql posthog powerbi profound prospeo pulse pylon qdrant quartr quickbooks quiver
    rabbitmq railway ramp rb2b rds reddit redis reducto resend response revenuecat rippling
    rocketlane rootly router rss s3 sailpoint salesforce sap_concur sap_s4hana schedule search
    secrets_manager semrush sendblue sendgrid sentry serpdive serper servicenow ses sftp
    sharepoint shopify sim_workspace_event similarweb sixtyfour slack smarte smartlead smtp
    snowflake splunk sportmonks spotify sqs square ssh ssm stagehand stagehand_agent
    start_trigger starter stripe sts stt supabase table tailscale tavily telegram temporal
    textract thinking thrive tiktok tinybird tinyfish translate trello trigger_dev tts
    twilio_sms twilio_voice typeform upstash uptimerobot vanta variables vercel video_generator
    vision voyageai wait wealthbox webflow webhook webhook_request whatsapp wikipedia windchill
    wiza wordpress workday workflow workflow_input x youcom youtube zeliq zendesk zep zerobounce
    zoho_desk zoom zoominfo
    """.split()  # noqa: SIM905  # as a list it would be ten times as long
)

# a workflow that was published as a block (`blocks/custom/build-config.ts`)
_PUBLISHED = "custom_block_"
_REVISION = re.compile(r"_v[0-9]+$")


def is_known_type(kind: str) -> bool:
    """Whether Sim has had this block type, in any revision (`gmail_v2` is one of `gmail`)."""
    return _REVISION.sub("", kind) in _TYPES or kind.startswith(_PUBLISHED)
