package io.gatehouse.core.entity;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Literal;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An OAuth 2.0 application of a consumer. */
@Doc("An OAuth 2.0 application of a consumer.")
public record Oauth2Credential(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Whose application it is.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The name of the application.") String name,
        @Doc("What the application calls itself.") String clientId,
        @Doc("What it proves that with.") @Literal @Nullable Secret clientSecret,

        @Doc("Whether the secret is kept as a hash only.") @Default("false")
        boolean hashSecret,

        @Doc("Where users are sent back to.") List<String> redirectUris,

        @Doc("Whether the application can keep a secret.") @Default("confidential") @OneOf({"confidential", "public"})
        String clientType,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static void check(Oauth2Credential credential, Report report) {
        report.each("redirect_uris", Oauth2Credential::redirect);
    }

    private static @Nullable String redirect(String uri) {
        try {
            URI parsed = new URI(uri);
            if (parsed.getScheme() == null || parsed.getHost() == null) {
                return "cannot parse '" + Checks.VALUE + "'";
            }
            return parsed.getFragment() == null ? null : "fragment not allowed in '" + Checks.VALUE + "'";
        } catch (URISyntaxException malformed) {
            return "cannot parse '" + Checks.VALUE + "'";
        }
    }
}
