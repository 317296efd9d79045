import { databaseRestricted, upgradeAndDowngrade } from './database.mjs';
import { findingToSavedFile, missingImport, renameFix } from './repairs.mjs';
import { environmentEdits } from './environment.mjs';
import { newRevisionAndMerge } from './revisions.mjs';
import { graph, graphThemes, tree } from './history.mjs';
import { lenses } from './settings.mjs';
import { trust } from './trust.mjs';

// The one with themes comes last: the theme stays with the profile.
/** Every flow: its name, the file that it begins in, and what is done; `pictures` are those that the README shows. */
export const FLOWS = [findingToSavedFile, renameFix, missingImport, environmentEdits, lenses, tree, graph, newRevisionAndMerge, upgradeAndDowngrade, trust, databaseRestricted, graphThemes];
