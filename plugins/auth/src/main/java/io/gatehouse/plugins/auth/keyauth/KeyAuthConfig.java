package io.gatehouse.plugins.auth.keyauth;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Pattern;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code key-auth}: Kong's fields and Kong's meaning. */
@Doc("Lets clients in that send an API key of a consumer (`keyauth_credentials`), and answers all others with 401.")
@NotBuilt(
        value = {"identity_realms", "principals"},
        defaults = "identity_realms.scope=cp")
public record KeyAuthConfig(
        @Doc("Names under which a key is looked for, in this order. The first one that is present counts.")
        @Default("apikey")
        @Length(min = 1)
        @Pattern(value = "[A-Za-z0-9_-]+", message = "expected letters, digits, underscores and hyphens only")
        List<String> keyNames,

        @Doc("Whether keys are looked for in request headers.") @Default("true")
        boolean keyInHeader,

        @Doc("Whether keys are looked for in the query.") @Default("true")
        boolean keyInQuery,

        @Doc("Whether keys are looked for in the body: a form, multipart form data, or a JSON object. The body is read"
                + " into memory then, up to 1 MiB; a longer one is answered with 413.")
        @Default("false")
        boolean keyInBody,

        @Doc("Whether the key is taken out of the request before it goes to the upstream.")
        @Default(value = "true", kong310 = "false")
        boolean hideCredentials,

        @Doc("Username or id of the consumer that a client becomes when authentication fails. Without it such a client"
                + " is refused.")
        @Nullable
        String anonymous,

        @Doc("Whether OPTIONS requests need a key, too.") @Default("true")
        boolean runOnPreflight,

        @Doc("The realm that the `WWW-Authenticate` header of a refusal names.") @Nullable
        String realm) {
    /** Copies the names. */
    public KeyAuthConfig {
        keyNames = List.copyOf(keyNames);
    }
}
