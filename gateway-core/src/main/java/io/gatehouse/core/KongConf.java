package io.gatehouse.core;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of {@code kong.conf} that Gatehouse does not have and whose absence would show: in where requests go, how
 * they look or who may send them. To start without them would be to serve something else than was asked for. Settings that
 * only tune Kong's own machinery are not among them: those are named in a warning.
 */
final class KongConf {
    private static final String KONG = "KONG_";
    private static final String NGINX = "KONG_NGINX_";

    /** The value of each that changes nothing here; empty when there is none. */
    private static final Map<String, String> REFUSED = Map.ofEntries(
            Map.entry("database", "off"),
            Map.entry("role", "traditional"),
            Map.entry("declarative_config_string", ""),
            Map.entry("plugins", "bundled"),
            Map.entry("pluginserver_names", ""),
            Map.entry("vaults", "bundled"),
            Map.entry("stream_listen", "off"),
            Map.entry("proxy_server", ""),
            Map.entry("node_id", ""),
            Map.entry("wasm", "off"),
            Map.entry("wasm_filters", ""),
            Map.entry("tracing_instrumentations", "off"),
            Map.entry("opentelemetry_tracing", "off"),
            Map.entry("ssl_dhparam", ""),
            Map.entry("admin_ssl_cert", ""),
            Map.entry("admin_ssl_cert_key", ""),
            Map.entry("status_ssl_cert", ""),
            Map.entry("status_ssl_cert_key", ""),
            Map.entry("lua_ssl_protocols", "TLSv1.2 TLSv1.3"));

    private KongConf() {}

    /**
     * Why a variable that Gatehouse does not read must not be set. The value is not shown: it may be a key.
     *
     * @return null when it may be, and then has no effect
     */
    static @Nullable String refusal(String variable, String value) {
        if (variable.startsWith(NGINX)) {
            String rest = variable.substring(NGINX.length());
            return rest.startsWith("HTTP_")
                            || rest.startsWith("PROXY_")
                            || rest.startsWith("LOCATION_")
                            || rest.startsWith("UPSTREAM_")
                            || rest.startsWith("ADMIN_")
                            || rest.startsWith("STATUS_")
                            || rest.startsWith("STREAM_")
                            || rest.startsWith("SPROXY_")
                            || rest.startsWith("SUPSTREAM_")
                    ? variable + ": not to be set (Gatehouse is not nginx and does not have this directive)"
                    : null;
        }
        if (!variable.startsWith(KONG)) {
            return null;
        }
        String harmless = REFUSED.get(variable.substring(KONG.length()).toLowerCase(Locale.ROOT));
        if (harmless == null || value.isBlank() || harmless.equalsIgnoreCase(value.strip())) {
            return null;
        }
        return variable + ": not to be set (Gatehouse does not have this setting of Kong"
                + (harmless.isEmpty() ? ")" : "; expected: " + harmless + ")");
    }
}
