package io.gatehouse.core.entity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Rule;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key, as JSON Web Key or as PEM.
 *
 * @param kid what tokens call it
 */
@Doc("A key, as JSON Web Key or as PEM.")
@NotBuilt("x5t")
public record KeyEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("The set it is in.") @ForeignKey(EntityKind.KEY_SET) @Name("set") @Nullable
        String setId,

        @Doc("A name.") @Nullable String name,
        @Doc("What tokens call it.") String kid,

        @Doc("The key as JSON Web Key, whose `kid` is the same.") @Nullable
        Secret jwk,

        @Doc("The key as PEM.") @Nullable KeyPem pem,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A key pair, or one half of it. */
    public record KeyPem(
            @Doc("The private half.") @Nullable Secret privateKey,
            @Doc("The public half.") @Nullable Secret publicKey) {}

    static final List<Rule> RULES = List.of(Rule.mutuallyExclusive("jwk", "pem"), Rule.atLeastOneOf("jwk", "pem"));

    static void check(KeyEntity key, Report report) {
        if (key.jwk != null && key.jwk.reference() == null) {
            jwk(key.jwk.value(), key.kid, report);
        }
        if (key.pem != null) {
            pem(key.pem, report);
        }
    }

    private static void jwk(String text, String kid, Report report) {
        JsonNode key;
        try {
            key = JSON.readTree(text);
        } catch (JsonProcessingException notJson) {
            report.at("jwk", "could not json decode jwk string");
            return;
        }
        if (!kid.equals(key.path("kid").asText(null))) {
            report.entity("kid in jwk.kid must be equal to keys.kid", "jwk", "kid");
        }
        List<String> needed = switch (key.path("kty").asText("")) {
            case "RSA" -> List.of("n", "e");
            case "EC" -> List.of("crv", "x", "y");
            case "OKP" -> List.of("crv", "x");
            case "oct" -> List.of("k");
            default -> List.of("kty of RSA, EC, OKP or oct");
        };
        for (String member : needed) {
            if (!key.path(member).isTextual()) {
                report.at("jwk", "could not load JWK, likely not a valid key: no " + member);
                return;
            }
        }
    }

    private static void pem(KeyPem pem, Report report) {
        if (pem.privateKey == null && pem.publicKey == null) {
            report.at("pem", "at least one of these fields must be non-empty: 'private_key', 'public_key'");
            return;
        }
        PublicKey publicKey = null;
        if (pem.publicKey != null && pem.publicKey.reference() == null) {
            publicKey = Pem.publicKey(pem.publicKey.value());
            if (publicKey == null) {
                report.at("pem.public_key", "could not load public key");
            }
        }
        if (pem.privateKey != null && pem.privateKey.reference() == null) {
            PrivateKey privateKey = Pem.privateKey(pem.privateKey.value());
            if (privateKey == null) {
                report.at("pem.private_key", "could not load private key");
            } else if (publicKey != null && !Pem.matches(publicKey, privateKey)) {
                report.at("pem", "public key does not match private key");
            }
        }
    }
}
