// Evaluates expressions on bundles, by fhirpath.js with the model of FHIR R4.
// Reads {expressions: {name: text}, asked: [[name, bundle], ...]}, prints the values of each.
"use strict";
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const packages = createRequire(`${process.argv[2]}/`);
const fhirpath = packages("fhirpath");
const model = packages("fhirpath/fhir-context/r4");

const { expressions, asked } = JSON.parse(readFileSync(0, "utf8"));
const compiled = Object.fromEntries(
  Object.entries(expressions).map(([name, text]) => [name, fhirpath.compile(text, model)]),
);
const values = asked.map(([name, bundle]) => compiled[name](bundle));
process.stdout.write(JSON.stringify(values));
