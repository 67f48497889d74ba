package io.gatehouse.core.config;

import java.util.List;
import java.util.Set;

/** What Kong knows about each collection, and which of it is built here: one table, so that nothing is ignored. */
@SuppressWarnings("ImmutableEnumChecker") // made by List.of and Set.of only
enum EntityKind {
    ROOT(
            "",
            List.of("services", "routes", "plugins", "consumers", "keyauth_credentials"),
            Set.of("_format_version", "_transform", "_info", "_workspace", "_konnect", "_plugin_configs"),
            Set.of(
                    "consumer_groups",
                    "upstreams",
                    "targets",
                    "certificates",
                    "snis",
                    "ca_certificates",
                    "vaults",
                    "keys",
                    "key_sets",
                    "filter_chains",
                    "partials",
                    "rbac_roles",
                    "rbac_role_endpoints",
                    "rbac_role_entities",
                    "rbac_users",
                    "rbac_user_roles",
                    "licenses",
                    "custom_entities",
                    "cloned_plugins",
                    "custom_plugins",
                    "service_packages",
                    "workspaces",
                    "basicauth_credentials",
                    "hmacauth_credentials",
                    "jwt_secrets",
                    "oauth2_credentials",
                    "oauth2_tokens",
                    "oauth2_authorization_codes",
                    "acls",
                    "mtls_auth_credentials",
                    "consumer_group_plugins",
                    "consumer_group_consumers",
                    "consumer_group_overrides",
                    "plugins_partials",
                    "acme_storage",
                    "sessions",
                    "parameters",
                    "clustering_data_planes",
                    "degraphql_routes",
                    "graphql_ratelimiting_cost_decorations")),
    SERVICE(
            "services",
            List.of(
                    "name",
                    "url",
                    "protocol",
                    "host",
                    "port",
                    "path",
                    "retries",
                    "connect_timeout",
                    "write_timeout",
                    "read_timeout",
                    "enabled",
                    "tls_verify",
                    "routes",
                    "plugins"),
            Set.of(),
            Set.of("client_certificate", "tls_verify_depth", "ca_certificates", "tls_sans", "filter_chains")),
    ROUTE(
            "routes",
            List.of(
                    "name",
                    "service",
                    "protocols",
                    "methods",
                    "hosts",
                    "headers",
                    "paths",
                    "regex_priority",
                    "strip_path",
                    "path_handling",
                    "preserve_host",
                    "https_redirect_status_code",
                    "request_buffering",
                    "response_buffering",
                    "plugins"),
            Set.of(),
            Set.of("snis", "sources", "destinations", "expression", "priority", "filter_chains")),
    CONSUMER(
            "consumers",
            List.of("username", "custom_id", "keyauth_credentials", "plugins"),
            Set.of(),
            Set.of(
                    "groups",
                    "basicauth_credentials",
                    "hmacauth_credentials",
                    "jwt_secrets",
                    "oauth2_credentials",
                    "acls",
                    "mtls_auth_credentials",
                    "type")),
    KEYAUTH("keyauth_credentials", List.of("key", "consumer"), Set.of(), Set.of("ttl")),
    PLUGIN(
            "plugins",
            List.of("name", "instance_name", "service", "route", "consumer", "config", "enabled", "protocols"),
            Set.of("_config"),
            Set.of("consumer_group", "ordering", "partials", "condition"));

    /** Fields that every entity has. */
    private static final Set<String> COMMON = Set.of("id", "tags", "created_at", "updated_at", "_comment", "_ignore");

    private final String plural;
    private final List<String> built;
    private final Set<String> special;
    private final Set<String> notBuilt;

    EntityKind(String plural, List<String> built, Set<String> special, Set<String> notBuilt) {
        this.plural = plural;
        this.built = built;
        this.special = special;
        this.notBuilt = notBuilt;
    }

    /** The name of the collection. */
    String plural() {
        return plural;
    }

    boolean knows(String field) {
        return built.contains(field)
                || special.contains(field)
                || (this == ROOT ? isComment(field) : COMMON.contains(field));
    }

    boolean isNotBuilt(String field) {
        return notBuilt.contains(field);
    }

    /** The word for one of them. */
    String singular() {
        return this == KEYAUTH ? "keyauth_credential" : plural.substring(0, plural.length() - 1);
    }

    /** What a user may write, for messages. */
    List<String> supported() {
        return built;
    }

    private static boolean isComment(String field) {
        return field.equals("_comment") || field.equals("_ignore");
    }
}
