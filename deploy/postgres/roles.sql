-- Two databases, so that a backup of one cannot be read without the other, and four roles: owners
-- migrate, the nodes only read and write rows. A fifth reads statistics and nothing else; nobody
-- signs in as it: GRANT visavis_statistics TO whoever shall. Run once, as a superuser:
--   psql -X -v ON_ERROR_STOP=1 -v secrets=/etc/visavis/postgres -f roles.sql postgres
-- `secrets` is a folder with the files postgres_owner, postgres_app, postgres_keys_owner and
-- postgres_keys_app, each holding one password.

\set ON_ERROR_STOP on
\if :{?secrets}
\else
  \set secrets /run/secrets
\endif
\set owner_password `cat :'secrets'/postgres_owner`
\set app_password `cat :'secrets'/postgres_app`
\set keys_owner_password `cat :'secrets'/postgres_keys_owner`
\set keys_app_password `cat :'secrets'/postgres_keys_app`

SET password_encryption = 'scram-sha-256';
CREATE ROLE visavis_owner LOGIN PASSWORD :'owner_password' CONNECTION LIMIT 5;
CREATE ROLE visavis LOGIN PASSWORD :'app_password';
CREATE ROLE visavis_keys_owner LOGIN PASSWORD :'keys_owner_password' CONNECTION LIMIT 5;
CREATE ROLE visavis_keys LOGIN PASSWORD :'keys_app_password';
CREATE ROLE visavis_statistics;  -- the migration that makes its tables lets it read them

-- Acknowledged means durable; and nobody waits for long, or in the middle of something.
ALTER ROLE visavis SET synchronous_commit = on;
ALTER ROLE visavis SET statement_timeout = '5s';
ALTER ROLE visavis SET lock_timeout = '2s';
ALTER ROLE visavis SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE visavis_keys SET synchronous_commit = on;
ALTER ROLE visavis_keys SET statement_timeout = '5s';
ALTER ROLE visavis_keys SET lock_timeout = '2s';
ALTER ROLE visavis_keys SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE visavis_owner SET lock_timeout = '10s';
ALTER ROLE visavis_keys_owner SET lock_timeout = '10s';

-- UTF-8 and bytewise order, whatever this server's locale is.
CREATE DATABASE visavis OWNER visavis_owner ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE visavis_keys OWNER visavis_keys_owner ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE visavis, visavis_keys FROM PUBLIC;
GRANT CONNECT ON DATABASE visavis TO visavis, visavis_statistics;
GRANT CONNECT ON DATABASE visavis_keys TO visavis_keys;

-- The server's log quotes a failed statement, and with it what somebody wrote. Here it does not.
ALTER DATABASE visavis SET log_min_error_statement = panic;
ALTER DATABASE visavis_keys SET log_min_error_statement = panic;
ALTER DATABASE visavis SET log_statement = none;
ALTER DATABASE visavis_keys SET log_statement = none;

\connect visavis
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO visavis_owner;
GRANT USAGE ON SCHEMA public TO visavis, visavis_statistics;
ALTER DEFAULT PRIVILEGES FOR ROLE visavis_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO visavis;
ALTER DEFAULT PRIVILEGES FOR ROLE visavis_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO visavis;

\connect visavis_keys
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO visavis_keys_owner;
GRANT USAGE ON SCHEMA public TO visavis_keys;
ALTER DEFAULT PRIVILEGES FOR ROLE visavis_keys_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO visavis_keys;
