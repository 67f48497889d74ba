package io.gatehouse.core.upstream;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.security.auth.x500.X500Principal;

/** Trusts whom another one trusts, if not too many certificates stand in between. Any thread. */
final class NearAuthorities extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager trusting;
    private final int depth;
    private final Set<X509Certificate> authorities;
    private final Set<X500Principal> names;

    NearAuthorities(X509ExtendedTrustManager trusting, int depth) {
        this.trusting = trusting;
        this.depth = depth;
        this.authorities = Set.copyOf(Arrays.asList(trusting.getAcceptedIssuers()));
        this.names = authorities.stream()
                .map(X509Certificate::getSubjectX500Principal)
                .collect(Collectors.toUnmodifiableSet());
    }

    private void checkDepth(X509Certificate[] chain) throws CertificateException {
        int between = 0;
        while (between < chain.length - 1
                && !names.contains(chain[between].getIssuerX500Principal())
                && !authorities.contains(chain[between + 1])) {
            between++;
        }
        if (between > depth) {
            throw new CertificateException("certificates between the upstream's and an authority's: " + between
                    + " (expected: at most " + depth + ")");
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        trusting.checkServerTrusted(chain, type, engine);
        checkDepth(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        trusting.checkServerTrusted(chain, type, socket);
        checkDepth(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        trusting.checkServerTrusted(chain, type);
        checkDepth(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw new CertificateException("the gateway is the client here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("the gateway is the client here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("the gateway is the client here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return trusting.getAcceptedIssuers();
    }
}
