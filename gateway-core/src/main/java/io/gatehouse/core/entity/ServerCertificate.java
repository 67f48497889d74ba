package io.gatehouse.core.entity;

import static java.util.Objects.requireNonNull;

import io.gatehouse.api.config.Secret;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A certificate as TLS listeners show it.
 *
 * @param chain the certificate, and those that vouch for it behind it
 */
public record ServerCertificate(List<X509Certificate> chain, PrivateKey key) {
    /** Copies the chain. */
    public ServerCertificate {
        chain = List.copyOf(chain);
        requireNonNull(key, "key");
    }

    /** Reads PEM without a passphrase; null when it is none, or when the one does not belong to the other. */
    public static @Nullable ServerCertificate of(String certificates, String key) {
        List<X509Certificate> chain = Pem.certificates(certificates);
        PrivateKey own = Pem.privateKey(key);
        if (chain.isEmpty() || own == null || !Pem.matches(chain.get(0).getPublicKey(), own)) {
            return null;
        }
        return new ServerCertificate(chain, own);
    }

    /** One of the gateway's own making, which no client trusts by itself. */
    public static ServerCertificate selfSigned() {
        return SelfSigned.made(Instant.now());
    }

    /** The kind of its key, as the JDK's TLS calls it: {@code RSA}, {@code EC}. */
    public String keyType() {
        return key.getAlgorithm();
    }

    /** One that stands in a configuration, where it may come from a vault and change there. */
    public static final class Live {
        private final Secret certificates;
        private final Secret key;
        private volatile @Nullable Read read; // by the first handshake that wants it

        Live(Secret certificates, Secret key) {
            this.certificates = certificates;
            this.key = key;
        }

        private record Read(
                String certificates, String key, @Nullable ServerCertificate result) {
            static Read of(String certificates, String key) {
                return new Read(certificates, key, ServerCertificate.of(certificates, key));
            }
        }

        /** What it is now; null while a vault yields none that can be shown. */
        public @Nullable ServerCertificate current() {
            Read known = read;
            String certificatesNow = certificates.value();
            String keyNow = key.value();
            if (known == null
                    || !known.certificates().equals(certificatesNow)
                    || !known.key().equals(keyNow)) {
                known = Read.of(certificatesNow, keyNow);
                read = known;
            }
            return known.result();
        }
    }
}
