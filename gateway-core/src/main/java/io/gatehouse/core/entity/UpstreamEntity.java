package io.gatehouse.core.entity;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Rule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A virtual host whose requests are spread over targets.
 *
 * @param name the host of the services that use it
 */
@Doc("A virtual host whose requests are spread over targets.")
@NotBuilt(
        value = {"sticky_sessions_cookie", "sticky_sessions_cookie_path"},
        defaults = "sticky_sessions_cookie_path=/")
public record UpstreamEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("The host of the services that use it.") String name,

        @Doc("How a target is chosen.")
        @Default("round-robin")
        @OneOf({"consistent-hashing", "least-connections", "round-robin", "latency"})
        @NotBuilt("sticky-sessions")
        String algorithm,

        @Doc("What is hashed.")
        @Default("none")
        @OneOf({"none", "consumer", "ip", "header", "cookie", "path", "query_arg", "uri_capture"})
        String hashOn,

        @Doc("What is hashed when the first is not there.")
        @Default("none")
        @OneOf({"none", "consumer", "ip", "header", "cookie", "path", "query_arg", "uri_capture"})
        String hashFallback,

        @Doc("The header to hash.") @Nullable String hashOnHeader,
        @Doc("The header to hash instead.") @Nullable String hashFallbackHeader,

        @Doc("The cookie to hash; set when it is missing.") @Nullable
        String hashOnCookie,

        @Doc("The path of that cookie.") @Default("/") String hashOnCookiePath,
        @Doc("The query argument to hash.") @Nullable String hashOnQueryArg,

        @Doc("The query argument to hash instead.") @Nullable
        String hashFallbackQueryArg,

        @Doc("The captured part of the path to hash.") @Nullable
        String hashOnUriCapture,

        @Doc("The captured part of the path to hash instead.") @Nullable
        String hashFallbackUriCapture,

        @Doc("Slots of the ring.") @Default("10000") @Range(min = 10, max = 65536)
        int slots,

        @Doc("How targets are watched.") Healthchecks healthchecks,
        @Doc("The Host header that targets get.") @Nullable String hostHeader,

        @Doc("The certificate shown to targets.")
        @ForeignKey(value = EntityKind.CERTIFICATE, cascades = false)
        @Name("client_certificate")
        @Nullable
        String clientCertificateId,

        @Doc("Whether the name of an SRV record is sent as host.") @Default("false")
        boolean useSrvName,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static final List<Rule> RULES = List.of(
            Rule.when("hash_on").matches("header").needs("hash_on_header"),
            Rule.when("hash_fallback").matches("header").needs("hash_fallback_header"),
            Rule.when("hash_on").matches("cookie").needs("hash_on_cookie"),
            Rule.when("hash_fallback").matches("cookie").needs("hash_on_cookie"),
            Rule.when("hash_on").matches("query_arg").needs("hash_on_query_arg"),
            Rule.when("hash_fallback").matches("query_arg").needs("hash_fallback_query_arg"),
            Rule.when("hash_on").matches("uri_capture").needs("hash_on_uri_capture"),
            Rule.when("hash_fallback").matches("uri_capture").needs("hash_fallback_uri_capture"),
            Rule.when("hash_on").matches("none").leaves("hash_fallback", "none"),
            Rule.when("hash_on").matches("cookie").leaves("hash_fallback", "none"),
            Rule.when("hash_on")
                    .matches("consumer")
                    .leaves("hash_fallback", "none", "ip", "header", "cookie", "path", "query_arg", "uri_capture"),
            Rule.when("hash_on")
                    .matches("ip")
                    .leaves(
                            "hash_fallback",
                            "none",
                            "consumer",
                            "header",
                            "cookie",
                            "path",
                            "query_arg",
                            "uri_capture"),
            Rule.when("hash_on")
                    .matches("path")
                    .leaves("hash_fallback", "none", "consumer", "ip", "header", "cookie", "query_arg", "uri_capture"),
            Rule.distinct("hash_on_header", "hash_fallback_header"),
            Rule.distinct("hash_on_query_arg", "hash_fallback_query_arg"),
            Rule.distinct("hash_on_uri_capture", "hash_fallback_uri_capture"));

    /** How targets are watched. */
    public record Healthchecks(
            @Doc("By probes.") Active active,
            @Doc("By what becomes of requests.") Passive passive,

            @Doc("Percentage of weight that must be healthy.") @Default("0") @Range(min = 0, max = 100)
            double threshold) {}

    /** Probes. */
    public record Active(
            @Doc("How a probe is made.") @Default("http") @OneOf({"tcp", "http", "https", "grpc", "grpcs"})
            String type,

            @Doc("Seconds for a probe.") @Default("1") @Range(min = 0, max = 65535)
            double timeout,

            @Doc("Targets probed at once.") @Default("10") @Range(min = 1, max = 2147483648.0)
            long concurrency,

            @Doc("The path asked for.") @Default("/") String httpPath,
            @Doc("The server name in TLS.") @Nullable String httpsSni,

            @Doc("Whether the certificate is verified.") @Default("true")
            boolean httpsVerifyCertificate,

            @Doc("Headers of a probe.") Map<String, List<String>> headers,
            @Doc("What makes a target healthy.") ActiveHealthy healthy,
            @Doc("What makes a target unhealthy.") ActiveUnhealthy unhealthy) {}

    /** What makes a target healthy. */
    public record ActiveHealthy(
            @Doc("Seconds between probes of healthy targets; 0 is off.") @Default("0") @Range(min = 0, max = 65535)
            double interval,

            @Doc("Statuses that are good.") @Default({"200", "302"}) @Range(min = 100, max = 999)
            List<Integer> httpStatuses,

            @Doc("Good probes in a row; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int successes) {}

    /** What makes a target unhealthy. */
    public record ActiveUnhealthy(
            @Doc("Seconds between probes of unhealthy targets; 0 is off.") @Default("0") @Range(min = 0, max = 65535)
            double interval,

            @Doc("Statuses that are bad.")
            @Default({"429", "404", "500", "501", "502", "503", "504", "505"})
            @Range(min = 100, max = 999)
            List<Integer> httpStatuses,

            @Doc("Failed connections; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int tcpFailures,

            @Doc("Probes without an answer; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int timeouts,

            @Doc("Bad statuses; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int httpFailures) {}

    /** What becomes of requests. */
    public record Passive(
            @Doc("What the statuses are of.") @Default("http") @OneOf({"tcp", "http", "https", "grpc", "grpcs"})
            String type,

            @Doc("What makes a target healthy.") PassiveHealthy healthy,
            @Doc("What makes a target unhealthy.") PassiveUnhealthy unhealthy) {}

    /** What makes a target healthy. */
    public record PassiveHealthy(
            @Doc("Statuses that are good.")
            @Default({
                "200", "201", "202", "203", "204", "205", "206", "207", "208", "226", "300", "301", "302", "303", "304",
                "305", "306", "307", "308"
            })
            @Range(min = 100, max = 999)
            List<Integer> httpStatuses,

            @Doc("Good answers in a row; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int successes) {}

    /** What makes a target unhealthy. */
    public record PassiveUnhealthy(
            @Doc("Statuses that are bad.") @Default({"429", "500", "503"}) @Range(min = 100, max = 999)
            List<Integer> httpStatuses,

            @Doc("Failed connections; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int tcpFailures,

            @Doc("Answers too late; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int timeouts,

            @Doc("Bad statuses; 0 is off.") @Default("0") @Range(min = 0, max = 255)
            int httpFailures) {}

    /** As in Kong, saying what to hash chooses the algorithm. */
    static ConfigNode.Mapping prepare(ConfigNode.Mapping upstream, Preparation preparation) {
        return upstream.get("hash_on") instanceof ConfigNode.Scalar hashOn
                        && !hashOn.isNull()
                        && !hashOn.text().equals("none")
                ? upstream.with(
                        "algorithm",
                        ConfigNode.string(
                                hashOn.location(),
                                ConfigNode.child(upstream.path(), "algorithm"),
                                "consistent-hashing"))
                : upstream;
    }

    static void check(UpstreamEntity upstream, Report report) {
        report.each("name", Checks::upstreamName);
        report.each("hash_on_header", Checks::anyHeaderName);
        report.each("hash_fallback_header", Checks::anyHeaderName);
        report.each("hash_on_cookie", Checks::cookieName);
        report.each("hash_on_cookie_path", Checks::path);
        report.each("host_header", Checks::hostWithOptionalPort);
        report.each("healthchecks.active.http_path", Checks::path);
        report.each("healthchecks.active.https_sni", Checks::serverName);
        report.eachKey("healthchecks.active.headers", Checks::anyHeaderName);
    }
}
