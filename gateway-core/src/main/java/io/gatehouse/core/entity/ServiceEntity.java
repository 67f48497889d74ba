package io.gatehouse.core.entity;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Rule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service: where requests go.
 *
 * @param protocol {@code http}, {@code https}, {@code grpc} or {@code grpcs}
 * @param host as it is written, an IPv6 address maybe in brackets
 * @param path starts with a slash; null when there is none
 * @param retries further tries after the first
 * @param connectTimeout in milliseconds
 * @param writeTimeout in milliseconds
 * @param readTimeout in milliseconds
 * @param enabled when false, its routes match nothing
 * @param clientCertificateId the certificate shown to the upstream; null for the one of the settings
 * @param tlsVerify whether the upstream's certificate is verified; null leaves it to {@code compat}
 * @param tlsVerifyDepth how many certificates may stand between the upstream's and an authority's; null leaves it to the
 *     settings
 * @param caCertificates ids of the only authorities that may certify the upstream; null or empty for those of the settings
 */
@Doc("Where requests go. `url` may stand for protocol, host, port and path.")
@NotBuilt(
        value = {"tls_sans", "filter_chains"},
        defaults = {"tls_sans.dnsnames=[]", "tls_sans.uris=[]", "filter_chains=[]"})
public record ServiceEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What routes and plugins call it.") @Nullable String name,

        @Doc("How the upstream is spoken to.")
        @Default("http")
        @OneOf({"http", "https", "grpc", "grpcs"})
        @NotBuilt({"tcp", "tls", "tls_passthrough", "udp", "ws", "wss"})
        String protocol,

        @Doc("A host name or address, without port.") String host,

        @Doc("Port of the upstream.") @Default("80") @Range(min = 0, max = 65535)
        int port,

        @Doc("What every path sent upstream begins with.") @Nullable
        String path,

        @Doc("Further tries after the first.") @Default("5") @Range(min = 0, max = 32767)
        int retries,

        @Doc("Milliseconds to connect.") @Default("60000") @Range(min = 1, max = 2147483646)
        int connectTimeout,

        @Doc("Milliseconds between two pieces sent.") @Default("60000") @Range(min = 1, max = 2147483646)
        int writeTimeout,

        @Doc("Milliseconds between two pieces received.") @Default("60000") @Range(min = 1, max = 2147483646)
        int readTimeout,

        @Doc("When false, its routes match nothing.") @Default("true")
        boolean enabled,

        @Doc("The certificate shown to the upstream.")
        @ForeignKey(value = EntityKind.CERTIFICATE, cascades = false)
        @Name("client_certificate")
        @Nullable
        String clientCertificateId,

        @Doc("Whether the upstream's certificate is verified; left out, `compat` decides.") @Nullable
        Boolean tlsVerify,

        @Doc("Certificates that may stand between the upstream's and an authority's.")
        @Range(min = 0, max = 64)
        @Nullable
        Integer tlsVerifyDepth,

        @Doc("The only authorities that may certify the upstream, by id.") @Nullable
        List<String> caCertificates,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static final List<Rule> RULES = List.of(
            Rule.when("protocol").isOneOf("grpc", "grpcs").forbids("path"),
            Rule.when("protocol").isNoneOf("https", "grpcs").forbids("client_certificate"),
            Rule.when("protocol").isNoneOf("https", "grpcs").forbids("tls_verify"),
            Rule.when("protocol").isNoneOf("https", "grpcs").forbids("tls_verify_depth"),
            Rule.when("protocol").isNoneOf("https", "grpcs").forbids("ca_certificates"));

    static ConfigNode.Mapping prepare(ConfigNode.Mapping service, Preparation preparation) {
        ConfigNode url = service.get("url");
        if (url == null || url.isNull()) {
            return service;
        }
        ServiceUrl parts = url instanceof ConfigNode.Scalar text ? ServiceUrl.read(text, preparation.sink()) : null;
        if (url instanceof ConfigNode.Scalar == false) {
            preparation.sink().accept(Problem.error(url, "expected a string (got " + url.shown() + ")"));
        }
        if (parts == null) {
            return service.get("host") != null
                    ? service
                    : service.with("host", ConfigNode.unresolved(url.location(), url.path()));
        }
        ConfigNode.Mapping full = service;
        full = orElse(full, "protocol", url, parts.protocol(), ConfigNode.Type.STRING);
        full = orElse(full, "host", url, parts.host(), ConfigNode.Type.STRING);
        full = orElse(full, "port", url, Integer.toString(parts.port()), ConfigNode.Type.INTEGER);
        return parts.path() == null ? full : orElse(full, "path", url, parts.path(), ConfigNode.Type.STRING);
    }

    /** As in decK, what the service says itself wins over the url. */
    private static ConfigNode.Mapping orElse(
            ConfigNode.Mapping service, String field, ConfigNode url, String text, ConfigNode.Type type) {
        ConfigNode own = service.get(field);
        return own != null && !own.isNull()
                ? service
                : service.with(
                        field,
                        new ConfigNode.Scalar(
                                url.location(), ConfigNode.child(service.path(), field), text, null, type, false));
    }

    static void check(ServiceEntity service, Report report) {
        report.each("name", Checks::name);
        report.each("host", Checks::upstreamHost);
        report.each("path", Checks::path);
        report.each("ca_certificates", Checks::uuid);
    }

    /** The host without the brackets that an IPv6 address may be written in. */
    public String address() {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** Whether it speaks TLS with the upstream. */
    public boolean isTls() {
        return protocol.equals("https") || protocol.equals("grpcs");
    }
}
