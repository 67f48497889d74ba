package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Referenceable;
import io.gatehouse.api.config.Secret;
import org.jspecify.annotations.Nullable;

/** How the gateway says who it is to a provider. */
@Doc("How the gateway authenticates itself to the provider.")
@NotBuilt({
    "aws_access_key_id",
    "aws_secret_access_key",
    "azure_client_id",
    "azure_client_secret",
    "azure_tenant_id",
    "gcp_metadata_url",
    "gcp_oauth_token_url",
    "gcp_service_account_json"
})
public record AuthConfig(
        @Doc("The header that carries the credential.") @Referenceable @Nullable
        String headerName,

        @Doc("The header's whole value, such as `Bearer` and a key.") @Nullable
        Secret headerValue,

        @Doc("The query argument or body field that carries the credential.") @Referenceable @Nullable
        String paramName,

        @Doc("The value of that argument or field.") @Nullable
        Secret paramValue,

        @Doc("Where the parameter goes.") @OneOf({"query", "body"}) @Nullable
        String paramLocation,

        @Doc("A client that sends this header or parameter itself keeps its own.") @Default("false")
        boolean allowOverride,

        @Doc("Only `false` is supported.") @Default("false") boolean azureUseManagedIdentity,
        @Doc("Only `false` is supported.") @Default("false") boolean gcpUseServiceAccount) {
    /** No credential at all. */
    static final AuthConfig NONE = new AuthConfig(null, null, null, null, null, false, false, false);
}
