// Deploys a released package through CDK: its template is included as it is, code and configuration go up as assets.
import fs from 'node:fs';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';

const packageFolder = path.resolve(process.env.PACKAGE ?? 'tiktok-audiences');
// The template after SAM's transformation: CDK's own types of SAM's resources lag behind SAM.
const templateFile = path.join(packageFolder, 'cloudformation.json');

class TikTokAudiences extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    this.included = new CfnInclude(this, 'Template', {
      templateFile,
      allowCyclicalReferences: true,
      parameters: { LogRetentionDays: 90 },
    });
    const code = new Asset(this, 'Code', { path: path.join(packageFolder, 'function') });
    const config = new Asset(this, 'Config', { path: path.join(packageFolder, 'config') });
    const resources = JSON.parse(fs.readFileSync(templateFile, 'utf8')).Resources;
    for (const [name, { Type: type, Properties: properties }] of Object.entries(resources)) {
      const resource = this.included.getResource(name);
      if (type === 'AWS::Lambda::Function' && properties.Code.S3Key === 'function') {
        resource.code = { s3Bucket: code.s3BucketName, s3Key: code.s3ObjectKey };
      } else if (type === 'AWS::Lambda::LayerVersion') {
        resource.content = { s3Bucket: config.s3BucketName, s3Key: config.s3ObjectKey };
      } else if (type === 'AWS::Lambda::Version') {
        // A version is published when its logical id changes: with the code or the configuration.
        resource.overrideLogicalId(`${name}${code.assetHash.slice(0, 8)}${config.assetHash.slice(0, 8)}`);
      }
    }
  }
}

const app = new App();
const stack = new TikTokAudiences(app, 'tiktok-audiences');

// Anything of the template can be referred to by its logical id.
stack.exportValue(stack.included.getResource('BufferQueue').ref);
app.synth();
