package io.gatehouse.core.schema;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Pattern;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record as a plugin would have it, with the fields of key-auth. */
@Doc("Asks for an API key.")
@NotBuilt(
        value = {"identity_realms", "principals"},
        defaults = {"identity_realms.scope=cp", "principals.kinds.user=all"})
public record KeyAuthLike(
        @Doc("Where the key is looked for.")
        @Default("apikey")
        @Length(min = 1)
        @Pattern(value = "[A-Za-z0-9_-]+", message = "bad header name")
        List<String> keyNames,

        @Default(value = "true", kong310 = "false") boolean hideCredentials,
        @Default("true") boolean keyInHeader,
        @Nullable String anonymous,
        @Nullable String realm) {}
