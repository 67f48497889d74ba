package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificate of an authority.
 *
 * @param cert PEM, one certificate
 * @param certDigest computed; accepted since dumps have it
 */
@Doc("The certificate of an authority, in PEM.")
public record CaCertificateEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("One certificate.") String cert,

        @Doc("SHA-256 of the certificate in hexadecimal digits, always computed: what is given counts for nothing.")
        @Nullable
        String certDigest,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {
    /** Computes the digest. */
    public CaCertificateEntity {
        X509Certificate certificate = Pem.certificate(cert);
        certDigest = certificate == null ? null : Pem.digest(certificate);
    }

    static void check(CaCertificateEntity authority, Report report) {
        X509Certificate certificate = Pem.certificate(authority.cert);
        if (certificate == null) {
            report.at("cert", "invalid certificate: expected PEM");
        } else if (Pem.count(authority.cert) > 1) {
            report.entity("please submit only one certificate at a time", "cert");
        } else if (certificate.getNotAfter().toInstant().isBefore(Instant.now())) {
            report.entity("certificate expired, \"Not After\" time is in the past", "cert");
        } else if (certificate.getBasicConstraints() < 0) {
            report.entity(
                    "certificate does not appear to be a CA because it is missing the \"CA\" basic constraint", "cert");
        }
    }
}
