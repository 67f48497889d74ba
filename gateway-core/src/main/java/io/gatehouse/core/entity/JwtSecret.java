package io.gatehouse.core.entity;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Literal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the tokens of a consumer are verified with.
 *
 * @param key the value of the claim that names it, {@code iss} unless the plugin says otherwise
 * @param secret for HS algorithms
 * @param rsaPublicKey PEM, for the other algorithms
 */
@Doc("What the tokens of a consumer are verified with.")
public record JwtSecret(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Whose credential it is.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The value of the claim that names it.") String key,

        @Doc("The secret of HS algorithms.") @Literal @Nullable
        Secret secret,

        @Doc("The public key of the other algorithms, PEM.") @Nullable
        String rsaPublicKey,

        @Doc("The algorithm of the tokens.")
        @Default("HS256")
        @OneOf({
            "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
            "EdDSA"
        })
        String algorithm,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static void check(JwtSecret secret, Report report) {
        if (secret.algorithm.startsWith("HS")) {
            if (secret.secret == null) {
                report.advise(
                        "secret",
                        "required field missing when 'algorithm' is '" + secret.algorithm + "'",
                        "Kong makes a random one here, which nobody could know",
                        "algorithm");
            }
        } else if (secret.rsaPublicKey == null) {
            report.at(
                    "rsa_public_key",
                    "required field missing when 'algorithm' is '" + secret.algorithm + "'",
                    "algorithm");
        } else {
            report.each("rsa_public_key", text -> Pem.publicKey(text) == null ? "invalid key" : null);
        }
    }
}
