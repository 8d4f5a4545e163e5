"""The block types that Sim has had. Another one is kept as it is, and named as a problem."""

from __future__ import annotations

_TYPES = frozenset(
    """
    a2a adanos affinity agent agent_guild agentmail agentphone agiloft ahrefs airtable airweave
    algolia amplitude anymailfinder api api_trigger apify apollo appconfig arena arxiv asana ashby
    athena attio autoblocks azure_data_explorer azure_devops bitbucket bocha box brandfetch brex
    brightdata browser_use buffer calcom calendly cbinsights chat_trigger checkr circleback clay
    clerk clickhouse clickup clockify cloudflare cloudformation cloudtrail cloudwatch condition
    confluence credential crowdstrike cursor custom_block dagster datadog devin discord docusign
    dropbox dropcontact dspy dub dynamodb elasticsearch elevenlabs enrich evaluator evernote exa
    extend fathom file findymail firecrawl fireflies function function_execute generic_webhook
    github gitlab gmail gong google google_ads google_bigquery google_books google_calendar
    google_contacts google_docs google_drive google_form google_forms google_groups google_maps
    google_meet google_pagespeed google_search google_sheets google_slides google_tasks
    google_translate google_vault grafana grain granola greenhouse greptile guardrails hex hubspot
    huggingface human_in_the_loop hunter iam icypeas image_generator imap incidentio infisical
    input_trigger intercom jina jira jira_service_management kalshi knowledge langsmith
    launchdarkly leadmagic lemlist linear linkedin linkup logs loop loops luma mailchimp mailgun
    manual_trigger mcp mem0 memory microsoft_ad microsoft_dataverse microsoft_excel
    microsoft_planner microsoft_teams millionverifier mistral_parse mongodb mothership mysql neo4j
    neverbounce note notion obsidian okta onedrive onepassword openai outlook pagerduty parallel
    parallel_ai peopledatalabs perplexity pinecone pipedrive polymarket postgresql posthog
    profound prospeo pulse pylon qdrant quiver rds reddit redis reducto resend response revenuecat
    rippling rootly router rss s3 salesforce schedule search secrets_manager sendgrid sentry
    serper servicenow ses sftp sharepoint shopify similarweb slack smtp spotify sqs ssh stagehand
    stagehand_agent start_trigger starter stripe sts stt supabase table tailscale tavily telegram
    textract thinking tinybird translate trello tts twilio twilio_sms twilio_voice typeform
    upstash variables vercel video_generator vision wait wealthbox webflow webhook webhook_request
    whatsapp wikipedia wiza wordpress workday workflow workflow_input x youtube zendesk zep
    zerobounce zoom
    """.split()  # noqa: SIM905  # as a list it would be ten times as long
)


def is_known_type(kind: str) -> bool:
    """Whether Sim has had this block type, in any revision (`gmail_v2` is one of `gmail`)."""
    return kind in _TYPES or kind.rpartition("_v")[0] in _TYPES
