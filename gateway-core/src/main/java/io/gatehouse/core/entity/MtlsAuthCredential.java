package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The name in the client certificates of a consumer. */
@Doc("The name in the client certificates of a consumer.")
public record MtlsAuthCredential(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Whose certificates they are.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The name in the certificate.") String subjectName,

        @Doc("Who must have signed it.") @ForeignKey(EntityKind.CA_CERTIFICATE) @Name("ca_certificate") @Nullable
        String caCertificateId,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {}
