# The environment of docker-in-docker jobs where Docker Hub is reachable: the engine image that everybody
# knows, and what a runner needs beside it.
FROM docker:dind
RUN apk add --no-cache bash ca-certificates coreutils git iptables nodejs openssl
COPY runc /usr/local/sbin/runc-within-capabilities
RUN if [ -s /usr/local/sbin/runc-within-capabilities ]; then \
      ln -s runc-within-capabilities /usr/local/sbin/runc; \
    else \
      rm /usr/local/sbin/runc-within-capabilities; \
    fi
ENTRYPOINT ["dockerd-entrypoint.sh"]
CMD []
