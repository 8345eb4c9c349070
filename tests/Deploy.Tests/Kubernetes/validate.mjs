// Validates Kubernetes objects with the npm package kubernetes-models that lies in the folder of the first argument. Standard input is a JSON
// array of groups of objects, standard output the faults of each group.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const models = `${pathToFileURL(process.argv[2])}/node_modules/kubernetes-models`;

async function faultOf(object) {
  try {
    const model = (await import(`${models}/${object.apiVersion}/${object.kind}.js`))[object.kind];
    new model(object).validate();
    return [];
  } catch (fault) {
    return [`${object.kind} ${object.metadata?.name}: ${fault.message}`];
  }
}

const groups = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(await Promise.all(groups.map(async group => (await Promise.all(group.map(faultOf))).flat()))));
