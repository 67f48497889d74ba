package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;

/** A server name and the certificate shown for it. */
@Doc("A server name and the certificate shown for it.")
public record SniEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("The server name, with a wildcard at either end.")
        String name,

        @Doc("The certificate.") @ForeignKey(EntityKind.CERTIFICATE) @Name("certificate")
        String certificateId,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static void check(SniEntity sni, Report report) {
        report.each("name", Checks::wildcardHost);
    }
}
