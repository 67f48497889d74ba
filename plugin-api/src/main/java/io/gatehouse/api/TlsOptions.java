package io.gatehouse.api;

import io.gatehouse.api.config.Secret;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken with an upstream: whom it is to be certified by, and the certificate that it is shown.
 *
 * <p>Immutable; any thread. Connections are pooled by these facts: equal options share connections, others never do.
 *
 * <pre>{@code
 * TlsOptions options = TlsOptions.builder()
 *     .authorities(List.of(pemOfTheirAuthority))
 *     .clientCertificate(config.certificate(), config.key())
 *     .build();
 * Target target = Target.to("https", "api.example", 443).tlsOptions(options).build();
 * }</pre>
 */
public final class TlsOptions {
    /** Certificate and name are verified, by the authorities that the gateway trusts. */
    public static final TlsOptions DEFAULT = builder().build();

    private final boolean verify;
    private final int verifyDepth;
    private final List<String> authorities;
    private final @Nullable String certificate;
    private final @Nullable String key;
    private final int hash;

    private TlsOptions(Builder builder) {
        this.verify = builder.verify;
        this.verifyDepth = builder.verifyDepth;
        this.authorities = builder.authorities;
        this.certificate = builder.certificate;
        this.key = builder.key;
        this.hash = Objects.hash(verify, verifyDepth, authorities, certificate, key);
    }

    /** Starts options that are {@link #DEFAULT} until told otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.verify = verify;
        builder.verifyDepth = verifyDepth;
        builder.authorities = authorities;
        builder.certificate = certificate;
        builder.key = key;
        return builder;
    }

    /** Whether the upstream's certificate and name are checked. */
    public boolean verify() {
        return verify;
    }

    /** How many certificates may stand between the upstream's and that of an authority; -1 for the gateway's setting. */
    public int verifyDepth() {
        return verifyDepth;
    }

    /** Certificates of the only authorities that are trusted, in PEM; empty for those that the gateway trusts. */
    public List<String> authorities() {
        return authorities;
    }

    /** The certificate that is shown when the upstream asks for one, its chain after it, in PEM; null for the gateway's own. */
    public @Nullable String clientCertificate() {
        return certificate;
    }

    /** The private key of {@link #clientCertificate()} in PEM. Keep it out of messages and logs. */
    public @Nullable String clientKey() {
        return key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || other instanceof TlsOptions that
                        && hash == that.hash
                        && verify == that.verify
                        && verifyDepth == that.verifyDepth
                        && authorities.equals(that.authorities)
                        && Objects.equals(certificate, that.certificate)
                        && Objects.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Without what stands in certificates and key. */
    @Override
    public String toString() {
        return "TlsOptions[verify=" + verify + ", verifyDepth=" + verifyDepth + ", authorities=" + authorities.size()
                + ", clientCertificate=" + (certificate != null) + "]";
    }

    /** Collects the facts of {@link TlsOptions}. */
    public static final class Builder {
        private boolean verify = true;
        private int verifyDepth = -1;
        private List<String> authorities = List.of();
        private @Nullable String certificate;
        private @Nullable String key;

        private Builder() {}

        /** Sets whether the upstream's certificate and name are checked; true unless told otherwise. */
        public Builder verify(boolean verify) {
            this.verify = verify;
            return this;
        }

        /**
         * Sets how many certificates may stand between the upstream's and that of an authority.
         *
         * @param depth 0 or more
         */
        public Builder verifyDepth(int depth) {
            if (depth < 0) {
                throw new IllegalArgumentException("depth: " + depth + " (expected: 0 or more)");
            }
            this.verifyDepth = depth;
            return this;
        }

        /** Sets the only authorities that are trusted, each a certificate in PEM. */
        public Builder authorities(List<String> pem) {
            this.authorities = List.copyOf(pem);
            return this;
        }

        /**
         * Sets the certificate that is shown when the upstream asks for one. The secrets are read now: of another value
         * later, make other options.
         *
         * @param certificate PEM, its chain after it
         * @param key PEM without passphrase
         */
        public Builder clientCertificate(Secret certificate, Secret key) {
            this.certificate = certificate.value();
            this.key = key.value();
            return this;
        }

        /** Makes the options. */
        public TlsOptions build() {
            return new TlsOptions(this);
        }
    }
}
