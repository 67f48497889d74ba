package io.gatehouse.core.entity;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is known of Kong's own plugins by name. */
final class KongPlugins {
    /** All that Kong 3.15 ships. */
    static final Set<String> NAMES = names(
            "pre-function app-dynamics correlation-id zipkin exit-transformer bot-detection cors jwe-decrypt session acme"
                    + " oauth2-introspection mtls-auth degraphql jwt oauth2 vault-auth key-auth key-auth-enc"
                    + " ldap-auth ldap-auth-advanced basic-auth openid-connect hmac-auth jwt-signer"
                    + " ai-mcp-oauth2 saml header-cert-auth json-threat-protection xml-threat-protection"
                    + " injection-protection websocket-validator websocket-size-limit request-validator"
                    + " grpc-gateway tls-handshake-modifier tls-metadata-headers ip-restriction"
                    + " konnect-application-auth ace request-size-limiting acl opa rate-limiting"
                    + " rate-limiting-advanced ai-rate-limiting-advanced graphql-rate-limiting-advanced"
                    + " service-protection response-ratelimiting route-by-header oas-validation ai-mcp-proxy"
                    + " ai-a2a-proxy request-callout jq datakit request-transformer-advanced"
                    + " request-transformer response-transformer response-transformer-advanced"
                    + " ai-custom-guardrail ai-lakera-guard ai-gcp-model-armor ai-semantic-response-guard"
                    + " ai-aws-guardrails route-transformer-advanced redirect ai-rag-injector"
                    + " ai-request-transformer ai-sanitizer ai-semantic-prompt-guard"
                    + " ai-azure-content-safety ai-prompt-template ai-prompt-decorator ai-prompt-guard"
                    + " ai-proxy ai-proxy-advanced ai-prompt-compressor ai-response-transformer"
                    + " ai-llm-as-judge ai-semantic-cache upstream-oauth standard-webhooks solace-consume"
                    + " solace-upstream confluent-consume kafka-consume confluent kafka-upstream aws-lambda"
                    + " azure-functions upstream-timeout proxy-cache proxy-cache-advanced"
                    + " graphql-proxy-cache-advanced forward-proxy canary metering-and-billing solace-log"
                    + " opentelemetry prometheus http-log statsd statsd-advanced datadog file-log udp-log"
                    + " tcp-log loggly kafka-log syslog grpc-web request-termination mocking post-function");

    /** Those that cannot be limited to a consumer, since they run before one is known or make one known. */
    private static final Set<String> WITHOUT_CONSUMER = names("acl ai-a2a-proxy ai-mcp-oauth2 ai-mcp-proxy"
            + " ai-request-transformer basic-auth bot-detection cors hmac-auth jwt key-auth key-auth-enc ldap-auth"
            + " ldap-auth-advanced mtls-auth oauth2 openid-connect session");

    /** Those that cannot be limited to a group of consumers. */
    private static final Set<String> WITHOUT_GROUP = names("acl ai-a2a-proxy ai-mcp-oauth2 ai-mcp-proxy basic-auth"
            + " bot-detection correlation-id cors datadog file-log hmac-auth http-log jwt key-auth key-auth-enc"
            + " ldap-auth ldap-auth-advanced loggly mtls-auth oauth2 openid-connect opentelemetry prometheus"
            + " request-size-limiting request-validator session statsd syslog tcp-log udp-log zipkin");

    private static final Map<String, List<String>> PROTOCOLS = new HashMap<>();

    static {
        List<String> http = List.of("grpc", "grpcs", "http", "https");
        for (String name : names("ai-a2a-proxy ai-llm-as-judge ai-mcp-oauth2 ai-mcp-proxy ai-prompt-compressor"
                + " ai-prompt-decorator ai-prompt-guard ai-prompt-template ai-rag-injector"
                + " ai-rate-limiting-advanced ai-request-transformer ai-response-transformer ai-sanitizer"
                + " ai-semantic-cache ai-semantic-prompt-guard bot-detection correlation-id cors jwt rate-limiting"
                + " rate-limiting-advanced request-size-limiting request-termination request-validator"
                + " response-transformer")) {
            PROTOCOLS.put(name, http);
        }
        List<String> webSockets = List.of("grpc", "grpcs", "http", "https", "ws", "wss");
        for (String name : names("acl ai-proxy ai-proxy-advanced basic-auth hmac-auth key-auth openid-connect")) {
            PROTOCOLS.put(name, webSockets);
        }
    }

    private KongPlugins() {}

    private static Set<String> names(String text) {
        return Set.of(text.split(" "));
    }

    /** Whether a plugin can be limited to a {@code consumer} or a {@code consumer_group}. */
    static boolean takes(String scope, String plugin) {
        return !(scope.equals("consumer") ? WITHOUT_CONSUMER : WITHOUT_GROUP).contains(plugin);
    }

    /** What the protocols of a plugin are chosen from; null when it takes all, as one does that Kong does not know. */
    static @Nullable List<String> protocols(String plugin) {
        return PROTOCOLS.get(plugin);
    }
}
