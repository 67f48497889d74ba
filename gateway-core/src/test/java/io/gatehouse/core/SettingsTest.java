package io.gatehouse.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gatehouse.core.Settings.ClientLimits;
import io.gatehouse.core.Settings.Listen;
import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.core.balancer.DnsOptions;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.exchange.AddedHeader;
import io.gatehouse.core.exchange.ErrorFormat;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.service.EnvVaultConfig;
import io.gatehouse.core.service.FsVaultConfig;
import io.gatehouse.core.upstream.KeepAlive;
import io.gatehouse.core.upstream.TlsDefaults;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @Test
    void defaultsAreThoseOfKong() throws Exception {
        Settings settings = Settings.from(Map.of(), Map.of());

        assertThat(settings.configs()).isEmpty();
        assertThat(settings.plugins()).isEmpty();
        assertThat(settings.proxyListen()).containsExactly(Listen.of("0.0.0.0", 8000));
        assertThat(settings.adminListen()).containsExactly(Listen.of("127.0.0.1", 8001));
        assertThat(settings.statusListen()).containsExactly(Listen.of("127.0.0.1", 8100));
        assertThat(settings.logLevel()).isEqualTo(LogLevel.NOTICE);
        assertThat(settings.compat()).isEqualTo(Compat.UNSET);
        assertThat(settings.routerFlavor()).isEqualTo(RouterFlavor.TRADITIONAL_COMPATIBLE);
        assertThat(settings.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.pluginTimeLimit()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.exchangeDeadline()).isNull();
        assertThat(settings.clientLimits()).isEqualTo(ClientLimits.DEFAULT);
        assertThat(settings.shedAt()).isEqualTo(95);
        assertThat(settings.watch()).isTrue();
        assertThat(settings.warnings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"49", "100%", "-1", "half"})
    void refusesALimitOfMemoryThatIsNone(String value) {
        assertThat(problems(Map.of("GATEHOUSE_SHED_AT", value)))
                .containsExactly("GATEHOUSE_SHED_AT: " + value + " (expected: 50%-99%, or off)");
    }

    @ParameterizedTest
    @CsvSource({"off,0", "0,0", "90,90", "99%,99", "50%,50"})
    void readsWhenToTurnRequestsAway(String text, int percent) throws Exception {
        assertThat(Settings.from(Map.of("GATEHOUSE_SHED_AT", text), Map.of()).shedAt())
                .isEqualTo(percent);
    }

    @Test
    void readsKongsVariables() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "KONG_DECLARATIVE_CONFIG", "/etc/kong/kong.yaml",
                        "KONG_PROXY_LISTEN", "0.0.0.0:80 proxy_protocol reuseport backlog=16384, [::]:443 http2 ssl",
                        "KONG_ADMIN_LISTEN", "off",
                        "KONG_STATUS_LISTEN", "127.0.0.1:0",
                        "KONG_LOG_LEVEL", "warn",
                        "KONG_ROUTER_FLAVOR", "expressions",
                        "KONG_SSL_CERT", "/tls/cert.pem",
                        "KONG_SSL_CERT_KEY", "/tls/key.pem"),
                Map.of());

        assertThat(settings.configs()).containsExactly(Path.of("/etc/kong/kong.yaml"));
        assertThat(settings.proxyListen())
                .containsExactly(
                        new Listen("0.0.0.0", 80, false, true, 16384).withProxyProtocol(),
                        new Listen("::", 443, true, true, false, -1));
        assertThat(settings.proxyListen().get(1).address()).isEqualTo("[::]:443");
        assertThat(settings.adminListen()).isEmpty();
        assertThat(settings.statusListen()).containsExactly(Listen.of("127.0.0.1", 0));
        assertThat(settings.logLevel()).isEqualTo(LogLevel.WARN);
        assertThat(settings.routerFlavor()).isEqualTo(RouterFlavor.EXPRESSIONS);
        assertThat(settings.sslCert()).isEqualTo(Path.of("/tls/cert.pem"));
        assertThat(settings.sslCertKey()).isEqualTo(Path.of("/tls/key.pem"));
    }

    @Test
    void anOptionWinsOverOurVariableAndThatOverKongs() throws Exception {
        Map<String, String> both = Map.of("GATEHOUSE_LOG_LEVEL", "debug", "KONG_LOG_LEVEL", "error");

        assertThat(Settings.from(both, Map.of()).logLevel()).isEqualTo(LogLevel.DEBUG);
        assertThat(Settings.from(both, Map.of("--log-level", List.of("crit"))).logLevel())
                .isEqualTo(LogLevel.CRIT);
    }

    @Test
    void aCertificateAndItsKeyOpenPort8443() throws Exception {
        Settings settings = Settings.from(Map.of("KONG_SSL_CERT", "c.pem", "KONG_SSL_CERT_KEY", "k.pem"), Map.of());

        assertThat(settings.proxyListen())
                .containsExactly(Listen.of("0.0.0.0", 8000), new Listen("0.0.0.0", 8443, true, true, false, -1));
    }

    @Test
    void readsSeveralConnectionsToRedirect() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "GATEHOUSE_CONNECT_TO",
                        "https://api.openai.com=http://127.0.0.1:9999 https://API.mistral.ai:8443=https://[::1]"),
                Map.of());

        assertThat(settings.connectTo())
                .map(Object::toString)
                .containsExactly(
                        "https://api.openai.com=http://127.0.0.1:9999", "https://api.mistral.ai:8443=https://[::1]");
        assertThat(settings.connectTo().get(1).to().host()).isEqualTo("::1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"api.openai.com=http://127.0.0.1:1", "https://a", "https://a=ftp://b", "https://a=http://b/c"})
    void refusesARedirectionThatIsNone(String value) {
        assertThat(problems(Map.of("GATEHOUSE_CONNECT_TO", value)))
                .singleElement()
                .asString()
                .startsWith("GATEHOUSE_CONNECT_TO: " + value + " (expected: https://host=");
    }

    @ParameterizedTest
    @ValueSource(strings = {"8000", "0.0.0.0", ":8000", "::1:8000", "0.0.0.0:8000 sll", "off:8000", "0.0.0.0:8000,"})
    void refusesAListenerOutsideTheGrammar(String value) {
        assertThat(problems(Map.of("KONG_PROXY_LISTEN", value)))
                .singleElement()
                .asString()
                .startsWith("KONG_PROXY_LISTEN: ")
                .contains("(expected: ip:port [ssl] [http2] [proxy_protocol] [reuseport] [backlog=n], several");
    }

    @ParameterizedTest
    @ValueSource(strings = {"deferred", "bind", "ipv6only=on", "so_keepalive=on"})
    void refusesByNameAFlagThatOnlyKongHas(String flag) {
        String name = flag.replaceAll("=.*", "");

        assertThat(problems(Map.of("KONG_PROXY_LISTEN", "0.0.0.0:8000 " + flag)))
                .containsExactly("KONG_PROXY_LISTEN: 0.0.0.0:8000 " + flag + " (expected: no flag " + name
                        + ", which Gatehouse does not have; it has ssl, http2, proxy_protocol, reuseport, backlog=n)");
    }

    @Test
    void refusesByNameTheRouterFlavorThatOnlyKongHas() {
        assertThat(problems(Map.of("KONG_ROUTER_FLAVOR", "traditional")))
                .containsExactly("KONG_ROUTER_FLAVOR: traditional (expected: traditional_compatible or expressions;"
                        + " Kong's flavor traditional is not built, and traditional_compatible takes the same routes)");
        assertThat(problems(Map.of("GATEHOUSE_ROUTER_FLAVOR", "atc")))
                .containsExactly("GATEHOUSE_ROUTER_FLAVOR: atc (expected: traditional_compatible or expressions)");
    }

    @Test
    void namesAllProblemsAtOnce() {
        assertThat(problems(Map.of(
                        "KONG_PROXY_LISTEN", "0.0.0.0:70000",
                        "KONG_LOG_LEVEL", "warning",
                        "GATEHOUSE_COMPAT", "2.8",
                        "GATEHOUSE_DRAIN_TIMEOUT", "soon",
                        "GATEHOUSE_WATCH", "yes",
                        "KONG_SSL_CERT", "cert.pem")))
                .containsExactlyInAnyOrder(
                        "KONG_PROXY_LISTEN: 0.0.0.0:70000 (expected: a port of 0-65535, 0 for any free one)",
                        "KONG_LOG_LEVEL: warning (expected: debug, info, notice, warn, error, crit, alert or emerg)",
                        "GATEHOUSE_COMPAT: 2.8 (expected: 3.10 or 3.15)",
                        "GATEHOUSE_DRAIN_TIMEOUT: soon (expected: a time as 500ms, 30s, 2m, or a number of seconds)",
                        "GATEHOUSE_WATCH: yes (expected: on or off)",
                        "KONG_SSL_CERT_KEY: missing (expected: the key that belongs to KONG_SSL_CERT)");
    }

    @Test
    void onlyProxyListenersSpeakTlsAndHttp2() {
        assertThat(problems(Map.of(
                        "KONG_ADMIN_LISTEN", "127.0.0.1:8001, 127.0.0.1:8444 http2 ssl",
                        "KONG_STATUS_LISTEN", "127.0.0.1:8100 http2",
                        "KONG_SSL_CERT", "c.pem",
                        "KONG_SSL_CERT_KEY", "k.pem")))
                .containsExactlyInAnyOrder(
                        "KONG_ADMIN_LISTEN: 127.0.0.1:8444 ssl (expected: no flag ssl, which proxy listeners alone have)",
                        "KONG_STATUS_LISTEN: 127.0.0.1:8100 http2"
                                + " (expected: no flag http2, which proxy listeners alone have)");
    }

    @Test
    void readsTheVersionsOfTls() throws Exception {
        assertThat(Settings.from(Map.of(), Map.of()).tlsVersions()).containsExactlyInAnyOrder("TLSv1.2", "TLSv1.3");
        assertThat(Settings.from(Map.of("KONG_SSL_PROTOCOLS", "TLSv1.3"), Map.of())
                        .tlsVersions())
                .containsExactly("TLSv1.3");
        assertThat(problems(Map.of("KONG_SSL_PROTOCOLS", "TLSv1.1 TLSv1.2")))
                .containsExactly("KONG_SSL_PROTOCOLS: TLSv1.1 TLSv1.2"
                        + " (expected: TLSv1.2, TLSv1.3, or both separated by a blank)");
    }

    @Test
    void readsCiphers() throws Exception {
        assertThat(Settings.from(Map.of(), Map.of()).tlsCiphers())
                .contains("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
                .noneMatch(suite -> suite.contains("CBC"));
        Settings modern = Settings.from(
                Map.of("KONG_SSL_CIPHER_SUITE", "modern", "KONG_SSL_PROTOCOLS", "TLSv1.2 TLSv1.3"), Map.of());
        assertThat(modern.tlsVersions()).containsExactly("TLSv1.3");
        assertThat(modern.tlsCiphers()).hasSize(3).allMatch(suite -> !suite.contains("WITH"));
        assertThat(Settings.from(
                                Map.of(
                                        "KONG_SSL_CIPHER_SUITE",
                                        "custom",
                                        "KONG_SSL_CIPHERS",
                                        "ECDHE-RSA-AES128-GCM-SHA256:TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:"
                                                + "TLS_AES_128_GCM_SHA256"),
                                Map.of())
                        .tlsCiphers())
                .containsExactly(
                        "TLS_AES_128_GCM_SHA256",
                        "TLS_AES_256_GCM_SHA384",
                        "TLS_CHACHA20_POLY1305_SHA256",
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "old | | KONG_SSL_CIPHER_SUITE: old (expected: modern, intermediate or custom;"
                        + " Java speaks no TLS before 1.2)",
                "fips | | KONG_SSL_CIPHER_SUITE: fips (expected: modern, intermediate or custom)",
                "custom | | KONG_SSL_CIPHER_SUITE: custom (expected: KONG_SSL_CIPHERS to name the ciphers)",
                "modern | ECDHE-RSA-AES128-GCM-SHA256 | KONG_SSL_CIPHERS: set (expected: KONG_SSL_CIPHER_SUITE to be custom)",
                "custom | RC4 | KONG_SSL_CIPHERS: RC4 (expected: names of OpenSSL or of Java with colons between them,"
                        + " of ciphers that this Java has)"
            })
    void refusesCiphers(String suite, String ciphers, String problem) {
        assertThat(problems(Map.of("KONG_SSL_CIPHER_SUITE", suite, "KONG_SSL_CIPHERS", ciphers == null ? "" : ciphers)))
                .containsExactly(problem);
    }

    @ParameterizedTest
    @CsvSource({"500ms,500", "30s,30000", "2m,120000", "7,7000", "0s,0"})
    void readsTimes(String text, long millis) throws Exception {
        Settings settings = Settings.from(Map.of("GATEHOUSE_DRAIN_TIMEOUT", text), Map.of());

        assertThat(settings.drainTimeout()).hasMillis(millis);
    }

    @Test
    void readsWhatClientsMayTake() throws Exception {
        Settings settings = Settings.from(
                Map.ofEntries(
                        Map.entry("GATEHOUSE_CLIENT_HEADER_TIMEOUT", "1s"),
                        Map.entry("GATEHOUSE_CLIENT_IDLE_TIMEOUT", "2s"),
                        Map.entry("GATEHOUSE_CLIENT_BODY_TIMEOUT", "3s"),
                        Map.entry("GATEHOUSE_CLIENT_SEND_TIMEOUT", "4s"),
                        Map.entry("GATEHOUSE_CLIENT_MAX_HEADERS", "5"),
                        Map.entry("GATEHOUSE_CLIENT_MIN_BODY_RATE", "6"),
                        Map.entry("GATEHOUSE_CLIENT_MIN_SEND_RATE", "0"),
                        Map.entry("GATEHOUSE_CLIENT_RATE_GRACE", "7s"),
                        Map.entry("GATEHOUSE_CLIENT_MAX_CONNECTIONS", "8"),
                        Map.entry("GATEHOUSE_CLIENT_MAX_EXCHANGES", "9"),
                        Map.entry("GATEHOUSE_CLIENT_MAX_LINE_SIZE", "10k"),
                        Map.entry("GATEHOUSE_CLIENT_MAX_HEADER_SIZE", "20k")),
                Map.of());

        assertThat(settings.clientLimits())
                .isEqualTo(new ClientLimits(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(4),
                        5,
                        new Settings.Rates(6, 0, Duration.ofSeconds(7)),
                        new Settings.Most(8, 9, 10240, 20480)));
        assertThat(problems(Map.of("GATEHOUSE_CLIENT_MAX_HEADERS", "0", "GATEHOUSE_CLIENT_IDLE_TIMEOUT", "0")))
                .containsExactly(
                        "GATEHOUSE_CLIENT_IDLE_TIMEOUT: 0 (expected: more than 0)",
                        "GATEHOUSE_CLIENT_MAX_HEADERS: 0 (expected: 1-10000)");
    }

    @Test
    void readsWhatNginxReadsHeadsInto() throws Exception {
        Map<String, String> kong = Map.of("KONG_NGINX_HTTP_LARGE_CLIENT_HEADER_BUFFERS", "4 8k");
        assertThat(Settings.from(kong, Map.of()).clientLimits().most())
                .isEqualTo(new Settings.Most(
                        Settings.Most.DEFAULT.connections(), Settings.Most.DEFAULT.exchanges(), 8 * 1024, 32 * 1024));
        for (String wrong : List.of("4", "8k", "4 8x", "0 8k", "1 17m", "4 8k 1")) {
            assertThat(problems(Map.of("KONG_NGINX_PROXY_LARGE_CLIENT_HEADER_BUFFERS", wrong)))
                    .containsExactly("KONG_NGINX_PROXY_LARGE_CLIENT_HEADER_BUFFERS: " + wrong
                            + " (expected: how many buffers and how large, as 4 8k, together at most 16m)");
        }
    }

    @Test
    void readsHowVaultsAreSetUp() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "KONG_VAULT_ENV_PREFIX", "sec-",
                        "KONG_VAULT_FS_PREFIX", "/run/secrets",
                        "KONG_VAULT_FS_TTL", "120",
                        "GATEHOUSE_VAULT_FS_BASE64_DECODE", "true",
                        "KONG_VAULT_ROTATION_INTERVAL", "5"),
                Map.of());

        assertThat(settings.vaults())
                .isEqualTo(Map.of(
                        "env", new EnvVaultConfig("sec-", false),
                        "fs", new FsVaultConfig("/run/secrets", 120, null, 100_000_000, true)));
        assertThat(settings.vaultRotation()).hasSeconds(5);
        assertThat(settings.warnings()).isEmpty();
        assertThat(Settings.from(Map.of(), Map.of()).vaults()).isEqualTo(Map.of("env", EnvVaultConfig.PLAIN));
        assertThat(problems(Map.of("KONG_VAULT_ENV_PREFIX", "1x", "GATEHOUSE_VAULT_ROTATION_INTERVAL", "0")))
                .containsExactly(
                        "KONG_VAULT_ENV_PREFIX: prefix: 1x (expected: letters, digits, '-' and '_', no digit first)",
                        "GATEHOUSE_VAULT_ROTATION_INTERVAL: 0 (expected: more than 0)");
    }

    @Test
    void aSettingMayBeAVaultReference() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "KONG_VAULT_ENV_PREFIX", "sec-",
                        "KONG_LOG_LEVEL", "{vault://env/level}",
                        "SEC_LEVEL", "warn"),
                Map.of());

        assertThat(settings.logLevel()).isEqualTo(Settings.LogLevel.WARN);
        assertThat(problems(Map.of("KONG_LOG_LEVEL", "{vault://env/level}")))
                .containsExactly("failed to dereference '{vault://env/level}': could not get value from external vault"
                        + " (no value found) for config option 'KONG_LOG_LEVEL'");
    }

    @Test
    void warnsOfAVariableWithoutEffectAndNamesTheNearest() throws Exception {
        Settings settings = Settings.from(Map.of("GATEHOUSE_PROXY_LISTN", "x", "KONG_DATABASE", "off"), Map.of());

        assertThat(settings.warnings())
                .containsExactly(
                        "GATEHOUSE_PROXY_LISTN has no effect: Gatehouse has no such setting"
                                + " (nearest: GATEHOUSE_PROXY_LISTEN)",
                        "KONG_DATABASE has no effect: Gatehouse has no such setting");
    }

    @Test
    void doesNotShowTheEnvironment() throws Exception {
        Settings settings = Settings.from(Map.of("OPENAI_API_KEY", "sk-secret"), Map.of());

        assertThat(settings.environment()).containsEntry("OPENAI_API_KEY", "sk-secret");
        assertThat(settings.toString()).doesNotContain("sk-secret");
    }

    @Test
    void aBuilderFromSettingsKeepsThemAll() throws Exception {
        Settings settings = Settings.from(
                Map.of("KONG_LOG_LEVEL", "info", "GATEHOUSE_WATCH", "off", "GATEHOUSE_CONNECT_TO", "http://a=http://b"),
                Map.of("--config", List.of("a.yaml", "b c.yaml")));

        assertThat(settings.toBuilder().build()).isEqualTo(settings);
        assertThat(settings.configs()).containsExactly(Path.of("a.yaml"), Path.of("b c.yaml"));
    }

    private static List<String> problems(Map<String, String> environment) {
        ConfigException refused =
                catchThrowableOfType(ConfigException.class, () -> Settings.from(environment, Map.of()));
        assertThat(refused).isNotNull();
        return refused.problems();
    }

    @Test
    void readsWhomToTrust() throws Exception {
        ProxySettings proxy = Settings.from(
                        Map.of(
                                "KONG_TRUSTED_IPS", "10.0.0.0/8, ::1,192.168.0.1",
                                "KONG_REAL_IP_HEADER", "X-Forwarded-For",
                                "GATEHOUSE_REAL_IP_RECURSIVE", "on",
                                "KONG_REAL_IP_RECURSIVE", "off",
                                "KONG_PORT_MAPS", "80:8000, 443:8443"),
                        Map.of())
                .proxy();

        assertThat(proxy.trust().addresses()).hasToString("[10.0.0.0/8, ::1, 192.168.0.1]");
        assertThat(proxy.trust().header()).isEqualTo("X-Forwarded-For");
        assertThat(proxy.trust().recursive()).isTrue();
        assertThat(proxy.portMaps()).containsOnly(Map.entry(8000, 80), Map.entry(8443, 443));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server_tokens | SERVER, VIA",
                "latency_tokens | PROXY_LATENCY, RESPONSE_LATENCY, ADMIN_LATENCY, UPSTREAM_LATENCY",
                "via, X-KONG-UPSTREAM-STATUS | VIA, UPSTREAM_STATUS",
                "server_tokens, off, x-kong-proxy-latency | SERVER, VIA, PROXY_LATENCY"
            })
    void readsWhichHeadersAreAdded(String text, String headers) throws Exception {
        assertThat(Settings.from(Map.of("KONG_HEADERS", text), Map.of())
                        .proxy()
                        .headers()
                        .answers())
                .extracting(Enum::name)
                .containsExactlyInAnyOrder(headers.split(", ", -1));
    }

    @Test
    void addsNoHeadersWhenTheyAreOff() throws Exception {
        ProxySettings.Headers off = Settings.from(
                        Map.of("KONG_HEADERS", "off", "KONG_HEADERS_UPSTREAM", "off"), Map.of())
                .proxy()
                .headers();
        assertThat(off).isEqualTo(new ProxySettings.Headers(Set.of(), false, false));
    }

    @Test
    void addsKongsHeadersUnlessToldOtherwise() throws Exception {
        assertThat(Settings.from(Map.of(), Map.of()).proxy()).isEqualTo(ProxySettings.DEFAULT);
        assertThat(ProxySettings.DEFAULT.headers().answers())
                .containsExactlyInAnyOrder(
                        AddedHeader.SERVER,
                        AddedHeader.VIA,
                        AddedHeader.PROXY_LATENCY,
                        AddedHeader.RESPONSE_LATENCY,
                        AddedHeader.ADMIN_LATENCY,
                        AddedHeader.UPSTREAM_LATENCY,
                        AddedHeader.REQUEST_ID);
    }

    @Test
    void readsHowConnectionsToUpstreamsAreUsedAgain() throws Exception {
        assertThat(Settings.from(
                                Map.of(
                                        "KONG_UPSTREAM_KEEPALIVE_POOL_SIZE", "0",
                                        "KONG_UPSTREAM_KEEPALIVE_MAX_REQUESTS", "7",
                                        "KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT", "5"),
                                Map.of())
                        .proxy()
                        .keepAlive())
                .isEqualTo(new KeepAlive(0, 7, Duration.ofSeconds(5)));
    }

    @ParameterizedTest
    @CsvSource({"0,0", "512,512", "8k,8192", "10m,10485760", "2G,2147483648"})
    void readsSizes(String text, long bytes) throws Exception {
        assertThat(Settings.from(Map.of("KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE", text), Map.of())
                        .proxy()
                        .maxBodyBytes())
                .isEqualTo(bytes);
        assertThat(Settings.from(Map.of("GATEHOUSE_UPSTREAM_MAX_RESPONSE_SIZE", text), Map.of())
                        .proxy()
                        .maxAnswerBytes())
                .isEqualTo(bytes);
    }

    @Test
    void takesNginxNamesOfLimitsAndTheProxysBeforeThoseOfAllOfHttp() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "KONG_NGINX_HTTP_CLIENT_HEADER_TIMEOUT", "5s",
                        "KONG_NGINX_PROXY_CLIENT_HEADER_TIMEOUT", "6s",
                        "KONG_NGINX_HTTP_CLIENT_BODY_TIMEOUT", "7s",
                        "KONG_NGINX_HTTP_KEEPALIVE_TIMEOUT", "8s",
                        "GATEHOUSE_CLIENT_SEND_TIMEOUT", "9s",
                        "KONG_NGINX_HTTP_SEND_TIMEOUT", "10s",
                        "KONG_LUA_MAX_REQ_HEADERS", "200"),
                Map.of());

        assertThat(settings.clientLimits())
                .isEqualTo(new ClientLimits(
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(7),
                        Duration.ofSeconds(9),
                        200,
                        Settings.Rates.DEFAULT,
                        Settings.Most.DEFAULT));
        assertThat(settings.warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "KONG_DATABASE | postgres | Gatehouse does not have this setting of Kong; expected: off",
                "KONG_STREAM_LISTEN | 0.0.0.0:9000 | Gatehouse does not have this setting of Kong; expected: off",
                "KONG_NODE_ID | a | Gatehouse does not have this setting of Kong",
                "KONG_NGINX_HTTP_GZIP | on | Gatehouse is not nginx and does not have this directive",
                "KONG_NGINX_LOCATION_PROXY_BUFFERING | off | Gatehouse is not nginx and does not have this directive"
            })
    void refusesKongsSettingsThatWouldBeMissed(String name, String value, String why) {
        assertThat(problems(Map.of(name, value))).containsExactly(name + ": not to be set (" + why + ")");
    }

    @Test
    void takesKongsSettingsThatSayNothingNewAndWarnsOfThoseThatTuneKongItself() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "KONG_DATABASE", "off",
                        "KONG_ROLE", "traditional",
                        "KONG_MEM_CACHE_SIZE", "1g",
                        "KONG_NGINX_WORKER_PROCESSES", "2"),
                Map.of());

        assertThat(settings.warnings())
                .allMatch(warning -> warning.contains("has no effect"))
                .anyMatch(warning -> warning.startsWith("KONG_MEM_CACHE_SIZE "))
                .anyMatch(warning -> warning.startsWith("KONG_NGINX_WORKER_PROCESSES "));
    }

    @Test
    void readsOwnErrorTemplates(@TempDir Path folder) throws Exception {
        Path good = Files.writeString(folder.resolve("good"), "%s 100% %s");
        Path bad = Files.writeString(folder.resolve("bad"), "%s %s %s");

        assertThat(Settings.from(Map.of("KONG_ERROR_TEMPLATE_HTML", good.toString()), Map.of())
                        .proxy()
                        .errors()
                        .templates())
                .containsOnlyKeys(ErrorFormat.HTML);
        assertThat(problems(Map.of("KONG_ERROR_TEMPLATE_XML", bad.toString())))
                .containsExactly("KONG_ERROR_TEMPLATE_XML: " + bad
                        + " (expected: a file with at most two times %s, for the message and the request id)");
        assertThat(problems(Map.of("KONG_ERROR_TEMPLATE_JSON", "/none/there")))
                .containsExactly("KONG_ERROR_TEMPLATE_JSON: /none/there"
                        + " (expected: the path of a text file that can be read)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TRUSTED_IPS | unix: | IP addresses and CIDR ranges; Gatehouse does not listen on unix sockets",
                "TRUSTED_IPS | 10.0.0.0/33 | IP addresses and CIDR ranges as 10.0.0.0/8",
                "TRUSTED_IPS | example.test | IP addresses and CIDR ranges as 10.0.0.0/8",
                "REAL_IP_HEADER | a b | the name of a header, or proxy_protocol",
                "REAL_IP_RECURSIVE | maybe | on or off",
                "ALLOW_DEBUG_HEADER | 1 | on or off",
                "UPSTREAM_KEEPALIVE_POOL_SIZE | many | 0 or more",
                "HEADERS_UPSTREAM | via | off or X-Kong-Request-Id",
                "ERROR_DEFAULT_TYPE | text/css | text/plain, text/html, application/json or application/xml",
                "NGINX_HTTP_CLIENT_MAX_BODY_SIZE | 1t | a number of bytes, or of k, m or g, as 10m; 0 for any size",
                "PORT_MAPS | 80 | the port that clients see and the port that is listened on, as 80:8000",
                "PORT_MAPS | 80:0 | the port that clients see and the port that is listened on, as 80:8000",
                "PORT_MAPS | 80:8000:1 | the port that clients see and the port that is listened on, as 80:8000"
            })
    void refusesWhatTheProxyCannotUse(String name, String value, String expected) {
        assertThat(problems(Map.of("KONG_" + name, value)))
                .containsExactly("KONG_" + name + ": " + value + " (expected: " + expected + ")");
    }

    @Test
    void readsKongsSettingsOfNames() throws Exception {
        Settings settings = Settings.from(
                Map.of(
                        "KONG_DNS_RESOLVER", "10.0.0.2, 10.0.0.3:5353,[fd00::1]:54",
                        "KONG_DNS_HOSTSFILE", "/tmp/hosts",
                        "KONG_DNS_ORDER", "LAST, aaaa, CNAME, A",
                        "KONG_DNS_VALID_TTL", "61",
                        "KONG_DNS_STALE_TTL", "121",
                        "KONG_DNS_NOT_FOUND_TTL", "5",
                        "KONG_DNS_ERROR_TTL", "2",
                        "KONG_DNS_CACHE_SIZE", "99",
                        "KONG_DNS_NO_SYNC", "off",
                        "GATEHOUSE_DNS_LOCAL", "on"),
                Map.of());

        DnsOptions dns = settings.dns();
        assertThat(dns.servers())
                .map(server -> server.getAddress().getHostAddress() + " " + server.getPort())
                .containsExactly("10.0.0.2 53", "10.0.0.3 5353", "fd00:0:0:0:0:0:0:1 54");
        assertThat(dns.hostsFile()).isEqualTo(Path.of("/tmp/hosts"));
        assertThat(dns.order()).map(Enum::name).containsExactly("LAST", "AAAA", "CNAME", "A");
        assertThat(dns.validTtl()).isEqualTo(Duration.ofSeconds(61));
        assertThat(dns.staleTtl()).isEqualTo(Duration.ofSeconds(121));
        assertThat(dns.notFoundTtl()).isEqualTo(Duration.ofSeconds(5));
        assertThat(dns.errorTtl()).isEqualTo(Duration.ofSeconds(2));
        assertThat(dns.cacheSize()).isEqualTo(99);
        assertThat(dns.local()).isTrue();
        assertThat(settings.warnings()).isEmpty();
        assertThat(Settings.from(Map.of(), Map.of()).dns()).isEqualTo(DnsOptions.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "KONG_DNS_RESOLVER    | ns.example  | KONG_DNS_RESOLVER: ns.example (expected: addresses of",
                "KONG_DNS_ORDER       | SRV,TXT     | KONG_DNS_ORDER: TXT (expected: LAST, SRV, A, AAAA, CNAME",
                "KONG_DNS_ORDER       | LAST,CNAME  | KONG_DNS_ORDER: LAST,CNAME (expected: one of SRV, A, AAAA",
                "KONG_DNS_NO_SYNC     | on          | KONG_DNS_NO_SYNC: on (expected: not set",
                "KONG_NEW_DNS_CLIENT  | on          | KONG_NEW_DNS_CLIENT: on (expected: not set",
                "KONG_RESOLVER_FAMILY | A,SRV       | KONG_RESOLVER_FAMILY: A,SRV (expected: not set",
            })
    void refusesSettingsOfNamesThatItHasNot(String variable, String value, String problem) {
        assertThatThrownBy(() -> Settings.from(Map.of(variable, value), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(problem);
    }

    private static String pem(String name) throws Exception {
        try (java.io.InputStream in = SettingsTest.class.getResourceAsStream("entity/" + name)) {
            return new String(java.util.Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void readsHowTlsIsSpokenWithUpstreams(@TempDir Path folder) throws Exception {
        Path key = Files.writeString(folder.resolve("key.pem"), pem("rsa-key.pem"));
        Path authority = Files.writeString(folder.resolve("ca.pem"), pem("ca.pem"));
        Map<String, String> said = Map.of(
                "KONG_CLIENT_SSL",
                "on",
                "KONG_CLIENT_SSL_CERT",
                pem("rsa.pem").strip(),
                "KONG_CLIENT_SSL_CERT_KEY",
                key.toString(),
                "KONG_LUA_SSL_TRUSTED_CERTIFICATE",
                "system, " + authority,
                "KONG_LUA_SSL_VERIFY_DEPTH",
                "3");
        Settings settings = Settings.from(said, Map.of());

        assertThat(settings.upstreamTls())
                .isEqualTo(new TlsDefaults(
                        true, List.of(pem("ca.pem")), 3, pem("rsa.pem").strip(), pem("rsa-key.pem")));
        assertThat(settings.warnings()).isEmpty();
        assertThat(settings.toString()).doesNotContain("BEGIN");
        assertThat(Settings.from(Map.of(), Map.of()).upstreamTls()).isEqualTo(TlsDefaults.NONE);
    }

    @Test
    void refusesWhatCannotBeShownOrTrusted(@TempDir Path folder) throws Exception {
        Path nothing = Files.writeString(folder.resolve("a.pem"), "nothing");
        assertThat(problems(Map.of(
                        "KONG_CLIENT_SSL",
                        "on",
                        "KONG_CLIENT_SSL_CERT",
                        nothing.toString(),
                        "KONG_LUA_SSL_TRUSTED_CERTIFICATE",
                        folder.resolve("missing").toString(),
                        "KONG_LUA_SSL_VERIFY_DEPTH",
                        "65")))
                .containsExactly(
                        "KONG_CLIENT_SSL_CERT: no certificate in it (expected: PEM)",
                        "KONG_CLIENT_SSL: on (expected: KONG_CLIENT_SSL_CERT and KONG_CLIENT_SSL_CERT_KEY to be set)",
                        "KONG_LUA_SSL_VERIFY_DEPTH: 65 (expected: 1-64)",
                        "KONG_LUA_SSL_TRUSTED_CERTIFICATE: cannot be read (expected: the path of a PEM file, or PEM"
                                + " itself)");
    }
}
