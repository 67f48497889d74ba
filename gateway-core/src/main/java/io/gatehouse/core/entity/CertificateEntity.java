package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Rule;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A certificate with its key. The certificate is a {@link Secret} since it may stand in a vault.
 *
 * @param cert PEM, the chain after it
 * @param key PEM
 * @param certAlt another of another kind of key
 */
@Doc("A certificate with its key, in PEM.")
@NotBuilt("passphrase")
public record CertificateEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("The certificate and its chain.") Secret cert,
        @Doc("The key of the certificate.") Secret key,

        @Doc("A certificate with another kind of key.") @Nullable
        Secret certAlt,

        @Doc("The key of the other certificate.") @Nullable Secret keyAlt,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static final List<Rule> RULES = List.of(Rule.mutuallyRequired("cert_alt", "key_alt"));

    static void check(CertificateEntity certificate, Report report) {
        X509Certificate cert = certificate(certificate.cert, "cert", report);
        X509Certificate certAlt = certificate(certificate.certAlt, "cert_alt", report);
        matches(cert, certificate.key, "key", "certificate does not match key", report);
        matches(certAlt, certificate.keyAlt, "key_alt", "alternative certificate does not match key", report);
        if (cert != null
                && certAlt != null
                && cert.getPublicKey()
                        .getAlgorithm()
                        .equals(certAlt.getPublicKey().getAlgorithm())) {
            report.entity(
                    "certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), the"
                            + " provided certificates were both of the same type",
                    "cert",
                    "cert_alt");
        }
    }

    private static @Nullable X509Certificate certificate(@Nullable Secret text, String field, Report report) {
        if (text == null || text.reference() != null) {
            return null; // what stands in a vault is looked at when it is used
        }
        X509Certificate certificate = Pem.certificate(text.value());
        if (certificate == null) {
            report.at(field, "invalid certificate: expected PEM");
        }
        return certificate;
    }

    private static void matches(
            @Nullable X509Certificate certificate, @Nullable Secret text, String field, String message, Report report) {
        if (text == null || text.reference() != null) {
            return;
        }
        PrivateKey key = Pem.privateKey(text.value());
        if (key == null) {
            report.at(field, "invalid key: expected PEM without passphrase");
        } else if (certificate != null && !Pem.matches(certificate.getPublicKey(), key)) {
            report.entity(message, field, field.equals("key") ? "cert" : "cert_alt");
        }
    }
}
