/**
 * CNCF Distribution's configuration (Distribution Docs, "Configuring a registry"). JSON is YAML, and
 * leaves nothing to quote. Locations are relative, since clients come by several addresses.
 */
export function registryConfig(options: {
  readonly storage: string;
  readonly port: number;
  readonly uploadSecret: string;
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly certificateFile: string;
}): string {
  const config = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: options.storage },
      delete: { enabled: true },
    },
    http: {
      addr: `127.0.0.1:${options.port}`,
      relativeurls: true,
      secret: options.uploadSecret,
    },
    auth: {
      token: {
        realm: options.realm,
        service: options.service,
        issuer: options.issuer,
        rootcertbundle: options.certificateFile,
      },
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
