-- Backups that were made, files that belong to workflows, and what runs left behind.
-- Times are Unix milliseconds, UTC.

-- == backups

-- == assets

-- == runs
